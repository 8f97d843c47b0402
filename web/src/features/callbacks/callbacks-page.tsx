import { useState } from "react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { RefreshCw, Webhook } from "lucide-react";

import { type CallbackFilter, callbacks, integrations } from "@/api/integrations";
import type { Callback } from "@/api/types";
import { sentenceCase } from "@/lib/text";
import { exact, shortAgo } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { CallbackDialog } from "./callback-dialog";
import { OutcomeChip } from "./outcome-chip";

const outcomes = ["stored", "repeated", "ignored", "unreadable", "failed"];

/** The flight recorder: every callback that proved where it came from, and what it became. */
export function CallbacksPage() {
  const [filter, setFilter] = useState<CallbackFilter>({});
  const list = useInfiniteQuery(callbacks(filter));
  const accounts = useQuery(integrations());
  const client = useQueryClient();
  const now = useNow();
  const [open, setOpen] = useState<Callback>();
  const rows = list.data?.pages.flatMap((page) => page.data) ?? [];
  const set = (change: CallbackFilter) => setFilter({ ...filter, ...change });

  return (
    <Page
      wide
      title="Flight recorder"
      text="Every callback from a platform: what came in, what it became, and a way to run it again."
      act={
        <Button onClick={() => void client.invalidateQueries({ queryKey: ["callbacks"] })}>
          <RefreshCw /> Refresh
        </Button>
      }
    >
      <div className="mb-3 flex flex-wrap gap-2">
        <Select className="w-auto!" aria-label="Integration" value={filter.integration_id ?? ""} onChange={(event) => set({ integration_id: event.target.value || undefined })}>
          <option value="">All integrations</option>
          {accounts.data?.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Select>
        <Select className="w-auto!" aria-label="Outcome" value={filter.outcome ?? ""} onChange={(event) => set({ outcome: event.target.value || undefined })}>
          <option value="">Every outcome</option>
          {outcomes.map((one) => (
            <option key={one} value={one}>
              {sentenceCase(one)}
            </option>
          ))}
        </Select>
      </div>
      {list.isPending ? <Rows label="Loading callbacks" rows={12} height={44} framed /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data && rows.length === 0 ? <Empty icon={<Webhook />} text="No callbacks fit. New ones appear after a refresh." /> : null}
      {rows.length ? (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border bg-surface">
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" onClick={() => setOpen(row)} className="flex h-11 w-full items-center gap-3 px-3 text-left hover:bg-sunken">
                <ChannelGlyph channel={row.channel} />
                <time dateTime={row.received_at} title={exact(row.received_at)} className="w-14 shrink-0 text-sm text-muted tabular-nums">
                  {shortAgo(row.received_at, now)}
                </time>
                <span className="w-44 shrink-0 truncate max-md:hidden">{accounts.data?.find((one) => one.id === row.integration_id)?.name ?? row.channel}</span>
                <span className="min-w-0 flex-1 truncate text-muted">{row.error ?? summary(row)}</span>
                {row.verdict === "verified" ? null : <span className="text-sm text-muted max-sm:hidden">{row.verdict}</span>}
                <OutcomeChip outcome={row.outcome} />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {list.hasNextPage ? (
        <div className="mt-3 flex justify-center">
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Older
          </Button>
        </div>
      ) : null}
      {open ? <CallbackDialog callback={open} onClose={() => setOpen(undefined)} /> : null}
    </Page>
  );
}

/** What it became, in a few words. */
function summary({ events }: Callback): string {
  if (events.length === 0) return "Nothing to do";
  const kinds = new Map<string, number>();
  for (const event of events) {
    const kind = sentenceCase(typeof event.type === "string" ? event.type : "event");
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, number]) => (number > 1 ? `${number} × ${kind}` : kind)).join(", ");
}
