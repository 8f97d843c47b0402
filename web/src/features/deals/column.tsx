import { type DragEvent, useEffect, useMemo, useRef, useState } from "react";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";

import { type BoardFilter, column as columnQuery, type Deal, dealKeys, type Stage, type StageTotal } from "@/api/deals";
import { classes } from "@/lib/classes";
import { useDraggedDeal } from "@/lib/facts/dragged-deal";
import { moneyText } from "@/lib/money";
import { count } from "@/lib/text";
import { changeDeal, rankBetween } from "@/live/deals";
import { Failed } from "@/ui/states";
import { toastError } from "@/ui/toast";
import type { BoardSearch } from "./board-search";
import { Card } from "./card";
import { StageDot } from "./stage-dot";

const cardHeight = 118;

interface ColumnProps {
  stage: Stage;
  stages: Stage[];
  filter: BoardFilter;
  totals: StageTotal[];
  openId?: string;
  writes: boolean;
  names: Map<string, string>;
  search: BoardSearch;
}

/** One stage of the board. However many deals it has, only those in sight are drawn. */
export function Column({ stage, stages, filter, totals, openId, writes, names, search }: ColumnProps) {
  const client = useQueryClient();
  const list = useInfiniteQuery(columnQuery(stage.id, filter));
  const deals = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data]);
  const scroller = useRef<HTMLDivElement>(null);
  const [spot, setSpot] = useState<number>();
  const virtual = useVirtualizer({
    count: deals.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => cardHeight,
    getItemKey: (index) => deals[index]?.id ?? index,
    gap: 8,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items[items.length - 1]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown >= deals.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastShown, deals.length]);

  /** Puts a deal in front of the card with that number. */
  function place(deal: Deal, before: number) {
    const others = deals.filter((one) => one.id !== deal.id);
    const at = before - (deals.slice(0, before).some((one) => one.id === deal.id) ? 1 : 0);
    const [above, below] = [others[at - 1], others[at]];
    const change = { stage_id: stage.id, below: above?.id ?? null };
    changeDeal(client, deal, change, { stage_id: stage.id, status: stage.kind, rank: rankBetween(above, below) }).catch(toastError);
  }
  function over(event: DragEvent) {
    const id = useDraggedDeal.getState().id;
    if (!id) return;
    event.preventDefault();
    const cards = [...(scroller.current?.querySelectorAll<HTMLElement>("[data-index]") ?? [])];
    const behind = cards.find((card) => {
      const box = card.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
    setSpot(behind ? Number(behind.dataset.index) : deals.length);
  }
  function drop(event: DragEvent) {
    event.preventDefault();
    const deal = shown(client, useDraggedDeal.getState().id);
    const at = spot;
    setSpot(undefined);
    if (deal && at !== undefined) place(deal, at);
  }
  return (
    <section
      aria-label={stage.name}
      className="flex min-h-0 w-72 shrink-0 flex-col rounded-lg bg-sunken"
      onDragOver={over}
      onDragLeave={(event) => (event.currentTarget.contains(event.relatedTarget as Node | null) ? undefined : setSpot(undefined))}
      onDrop={drop}
    >
      <header className="px-3 pt-2.5 pb-2">
        <h2 className="flex items-center gap-2 font-semibold">
          <StageDot stage={stage} />
          <span className="min-w-0 flex-1 truncate">{stage.name}</span>
          <span className="text-sm font-normal text-muted tabular-nums">{totals.reduce((sum, one) => sum + one.deals, 0).toLocaleString()}</span>
        </h2>
        <Sums totals={totals} />
      </header>
      {list.isError && deals.length === 0 ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      <div ref={scroller} tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {list.isPending ? <Waiting /> : null}
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const deal = deals[item.index];
            if (!deal) return null;
            return (
              <div key={item.key} data-index={item.index} ref={virtual.measureElement} className="absolute inset-x-0 top-0" style={{ transform: `translateY(${item.start}px)` }}>
                <Line shown={spot === item.index} />
                <Card deal={deal} stages={stages} owner={names.get(deal.owner_id ?? "")} open={deal.id === openId} writes={writes} search={search} onMove={(to) => move(deal, to)} />
              </div>
            );
          })}
        </div>
        <div className="relative h-8">
          <Line shown={spot === deals.length} />
        </div>
      </div>
    </section>
  );

  function move(deal: Deal, to: string) {
    const stage = stages.find((one) => one.id === to);
    if (!stage || to === deal.stage_id) return;
    changeDeal(client, deal, { stage_id: to, below: null }, { stage_id: to, status: stage.kind, rank: "-9999999999" }).catch(toastError);
  }
}

/** The deal as any column shows it. */
function shown(client: ReturnType<typeof useQueryClient>, id: string | undefined): Deal | undefined {
  for (const [, held] of client.getQueriesData<{ pages: { data: Deal[] }[] }>({ queryKey: dealKeys.columns })) {
    const found = held?.pages.flatMap((page) => page.data).find((deal) => deal.id === id);
    if (found) return found;
  }
  return undefined;
}

function Sums({ totals }: { totals: StageTotal[] }) {
  const stale = totals.reduce((sum, one) => sum + one.stale, 0);
  return (
    <p className="mt-0.5 flex min-h-4 flex-wrap gap-x-2 text-xs text-muted tabular-nums">
      {totals.map((one) => (
        <span key={one.currency} title={`Weighted: ${moneyText({ minor: one.weighted_minor, currency: one.currency })}`}>
          {moneyText({ minor: one.value_minor, currency: one.currency }, true)}
        </span>
      ))}
      {stale > 0 ? <span className="text-warning">{count(stale, "quiet deal")}</span> : null}
    </p>
  );
}

function Line({ shown }: { shown: boolean }) {
  return <span aria-hidden="true" className={classes("absolute inset-x-0 -top-1 h-0.5 rounded bg-accent", !shown && "hidden")} />;
}

function Waiting() {
  return (
    <div aria-hidden="true" className="flex flex-col gap-2">
      {[0, 1, 2].map((one) => (
        <div key={one} className="skeleton rounded-md" style={{ height: cardHeight - 30 }} />
      ))}
    </div>
  );
}
