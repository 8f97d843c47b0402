import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import { type BoardFilter, deal as dealQuery, type Deal, type DealChange, dealKeys, patchDeal } from "@/api/deals";
import type { Page } from "@/api/types";
import { put, take } from "./deal-columns";

type Column = InfiniteData<Page<Deal>, string | undefined>;

/** Writes a deal wherever it is shown: in its column at its place, alone, and with its contact. An older version is dropped. */
export function holdDeal(client: QueryClient, deal: Deal): void {
  const held = client.getQueryData<Deal>(dealKeys.one(deal.id));
  if (held && held.version > deal.version) return;
  client.setQueryData(dealKeys.one(deal.id), (before: Deal | undefined) => (before && deal.deleted_at === null ? deal : before ? deal : undefined));
  for (const [key, column] of client.getQueriesData<Column>({ queryKey: dealKeys.columns })) {
    if (!column) continue;
    const [, , stageId, filter] = key as ReturnType<typeof dealKeys.column>;
    const belongs = deal.stage_id === stageId && deal.deleted_at === null && fits(deal, filter);
    client.setQueryData(key, belongs ? put(column, deal) : take(column, deal.id));
  }
}

/** What is told of a deal. What stands beside it is asked for anew. */
export function onDeal(client: QueryClient, deal: Deal): void {
  holdDeal(client, deal);
  recount(client);
  void client.invalidateQueries({ queryKey: dealKeys.activities(deal.id) });
  void client.invalidateQueries({ queryKey: dealKeys.files(deal.id) });
  for (const queryKey of [dealKeys.contacts, dealKeys.accounts]) void client.invalidateQueries({ queryKey });
}

/** Something beside a deal changed, such as its next task: where the deal is shown, it is asked for anew. */
export async function askForDeal(client: QueryClient, id: string): Promise<void> {
  const shown = client.getQueriesData({ queryKey: dealKeys.all }).some(([, held]) => held !== undefined);
  if (!shown) return;
  const fresh = await client.fetchQuery({ ...dealQuery(id), staleTime: 0 }).catch(() => undefined);
  if (!fresh) return;
  holdDeal(client, fresh);
  recount(client);
}

let counting: ReturnType<typeof setTimeout> | undefined;

/** Sums and orders are asked for once after a burst. */
function recount(client: QueryClient): void {
  counting ??= setTimeout(() => {
    counting = undefined;
    void client.invalidateQueries({ queryKey: dealKeys.totals });
    void client.invalidateQueries({ queryKey: dealKeys.tables });
  }, 400);
}

/** Shows the change at once, tells the server, and takes it back when the server refuses. */
export async function changeDeal(client: QueryClient, deal: Deal, change: DealChange, foreseen: Partial<Deal> = {}): Promise<Deal> {
  await client.cancelQueries({ queryKey: dealKeys.all });
  const before = client.getQueriesData({ queryKey: dealKeys.all });
  holdDeal(client, { ...deal, ...foreseen });
  try {
    const after = await patchDeal(deal.id, change);
    onDeal(client, after);
    return after;
  } catch (error) {
    for (const [key, held] of before) client.setQueryData(key, held);
    throw error;
  }
}

/** The rank between two neighbours, good enough to be shown until the server says the true one. */
export function rankBetween(above: Deal | undefined, below: Deal | undefined): string {
  const [low, high] = [above && Number(above.rank), below && Number(below.rank)];
  if (low !== undefined && high !== undefined) return String((low + high) / 2);
  if (low !== undefined) return String(low + 1);
  return String((high ?? 1) - 1);
}

/** Whether a deal belongs on a board with this filter, as far as it can be told here. */
function fits(deal: Deal, filter: BoardFilter): boolean {
  if (filter.owner_id && deal.owner_id !== filter.owner_id) return false;
  if (filter.unowned && deal.owner_id) return false;
  if (filter.stale && !deal.stale) return false;
  if (filter.status && deal.status !== filter.status) return false;
  if (filter.tag && !deal.tags.includes(filter.tag)) return false;
  if (filter.closing_before && !(deal.expected_close && deal.expected_close < filter.closing_before)) return false;
  if (deal.value.minor < (filter.value_from ?? 0) || deal.value.minor > (filter.value_to ?? Infinity)) return false;
  return !filter.q || deal.title.toLowerCase().includes(filter.q.trim().toLowerCase());
}
