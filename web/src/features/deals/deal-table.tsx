import { type CSSProperties, useEffect, useMemo, useRef, useState } from "react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";

import { type DealField, dealFields } from "@/api/deal-fields";
import { type BoardFilter, type Deal, type DealOrder, dealTable, type Pipeline } from "@/api/deals";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import { classes } from "@/lib/classes";
import { moneyText } from "@/lib/money";
import { day } from "@/lib/time";
import { Ago } from "@/ui/ago";
import { Chip } from "@/ui/chip";
import { fieldText } from "@/ui/field-value";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { BulkBar } from "./bulk-bar";
import { StageDot } from "./stage-dot";
import type { BoardSearch } from "./board-search";

interface DealTableProps {
  pipeline: Pipeline;
  filter: BoardFilter;
  order: DealOrder;
  openId?: string;
  search: BoardSearch;
}

const row = "grid grid-cols-(--columns) items-center gap-3 px-3 max-md:grid-cols-[2rem_minmax(8rem,3fr)_minmax(6rem,1fr)]";
const wide = "max-md:hidden";

/** The table's own columns, and behind them as many as were chosen. */
function template(more: number): string {
  return `2rem minmax(10rem,3fr) minmax(7rem,1.5fr) minmax(6rem,1fr) minmax(7rem,1.5fr) 6rem 6rem${" minmax(6rem,1fr)".repeat(more)}`;
}

/** A pipeline's deals line by line, in an order; many are changed at once. */
export function DealTable({ pipeline, filter, order, openId, search }: DealTableProps) {
  const list = useInfiniteQuery(dealTable(pipeline.id, filter, order));
  const deals = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data]);
  const people = useQuery(members()).data;
  const names = useMemo(() => new Map((people ?? []).map((one) => [one.id, one.name])), [people]);
  const chosen = search.columns?.split(",") ?? [];
  const fields = (useQuery(dealFields()).data ?? []).filter((one) => one.about === "deal");
  const more = fields.filter((one) => chosen.includes(one.key));
  const writes = useMay("writeDeals");
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: deals.length, getScrollElement: () => scroller.current, estimateSize: () => 44, getItemKey: (index) => deals[index]?.id ?? index, overscan: 12 });
  const items = virtual.getVirtualItems();
  const lastShown = items[items.length - 1]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown >= deals.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastShown, deals.length]);
  const here = deals.filter((deal) => ticked.has(deal.id)).map((deal) => deal.id);

  function tick(id: string) {
    const next = new Set(ticked);
    if (!next.delete(id)) next.add(id);
    setTicked(next);
  }
  if (list.isPending) return <Rows label="Loading deals" rows={8} height={44} framed />;
  if (list.isError && deals.length === 0) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  if (deals.length === 0) return <Empty text="No deal fits." />;
  return (
    <div style={{ "--columns": template(more.length) } as CSSProperties} className="relative mx-4 mb-4 flex min-h-0 flex-1 flex-col overflow-hidden rounded-lg border bg-surface">
      {here.length > 0 ? <BulkBar ids={here} pipeline={pipeline} people={people ?? []} onDone={() => setTicked(new Set())} /> : null}
      <div className={classes(row, "h-9 shrink-0 border-b bg-canvas text-xs font-medium text-muted")}>
        <span className="flex">
          {writes ? (
            <input
              type="checkbox"
              aria-label="Select all that are loaded"
              checked={here.length === deals.length}
              onChange={() => setTicked(here.length === deals.length ? new Set() : new Set(deals.slice(0, 200).map((deal) => deal.id)))}
            />
          ) : null}
        </span>
        <span>Deal</span>
        <span className={wide}>Stage</span>
        <span>Value</span>
        <span className={wide}>Owner</span>
        <span className={wide}>Closes</span>
        <span className={wide}>Changed</span>
        {more.map((field) => (
          <span key={field.key} className={classes("truncate", wide)} title={field.label}>
            {field.label}
          </span>
        ))}
      </div>
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto">
        <ul aria-label="Deals" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const deal = deals[item.index];
            return deal ? (
              <li
                key={item.key}
                className={classes(row, "absolute inset-x-0 top-0 h-11 border-b border-line/70", deal.id === openId && "bg-accent-quiet")}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <span className="flex">{writes ? <input type="checkbox" aria-label={`Select ${deal.title}`} checked={ticked.has(deal.id)} onChange={() => tick(deal.id)} /> : null}</span>
                <Link to="/deals/$dealId" params={{ dealId: deal.id }} search={search} className="min-w-0 truncate font-medium hover:underline">
                  {deal.title}
                  <span className="font-normal text-muted"> {deal.contact?.name ?? deal.account?.name ?? ""}</span>
                </Link>
                <StageOf deal={deal} pipeline={pipeline} />
                <span className="truncate tabular-nums">{deal.value.minor > 0 ? moneyText(deal.value, true) : ""}</span>
                <span className={classes("truncate", wide)}>{names.get(deal.owner_id ?? "") ?? ""}</span>
                <span className={classes("truncate tabular-nums", wide)}>{deal.expected_close ? day(deal.expected_close) : ""}</span>
                <span className={classes("truncate text-muted", wide)}>
                  <Ago at={deal.updated_at} />
                </span>
                {more.map((field) => (
                  <FieldCell key={field.key} field={field} value={deal.attributes[field.key]} />
                ))}
              </li>
            ) : null;
          })}
        </ul>
      </div>
    </div>
  );
}

function FieldCell({ field, value }: { field: DealField; value: unknown }) {
  const text = fieldText(value, field.kind);
  return <span className={classes("truncate", field.kind === "number" && "tabular-nums", wide)}>{field.kind === "date" && text ? day(text) : text}</span>;
}

function StageOf({ deal, pipeline }: { deal: Deal; pipeline: Pipeline }) {
  const stage = pipeline.stages.find((one) => one.id === deal.stage_id);
  return (
    <span className={classes("flex min-w-0 items-center gap-1.5", wide)}>
      {stage ? <StageDot stage={stage} /> : null}
      <span className="truncate">{stage?.name}</span>
      {deal.stale ? <Chip tone="warning">Quiet</Chip> : null}
    </span>
  );
}
