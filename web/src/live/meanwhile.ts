import type { QueryClient, QueryKey } from "@tanstack/react-query";

type Change = (held: unknown) => unknown;

/** By client and query: what was told while an answer is on its way that was asked for before. */
const noted = new WeakMap<QueryClient, Map<string, Change[]>>();

/**
 * Changes what is held, now and once more when an answer comes in that is on its way: it may show things as they were before, and
 * would take the change away. The change must be one that can be made twice, and that leaves alone what is newer.
 */
export function changeHeld<T>(client: QueryClient, queryKey: QueryKey, change: (held: T | undefined) => T | undefined): void {
  const held = client.getQueryData<T>(queryKey);
  const next = change(held);
  // Writing the same again would make it look freshly asked.
  if (next !== held) client.setQueryData<T>(queryKey, next);
  const query = client.getQueryCache().find({ queryKey, exact: true });
  if (query?.state.fetchStatus !== "fetching") return;
  const changes = journal(client);
  changes.set(query.queryHash, [...(changes.get(query.queryHash) ?? []), change as Change]);
}

function journal(client: QueryClient): Map<string, Change[]> {
  const known = noted.get(client);
  if (known) return known;
  const changes = new Map<string, Change[]>();
  noted.set(client, changes);
  client.getQueryCache().subscribe(({ type, query }) => {
    const waiting = changes.get(query.queryHash);
    if (!waiting || (type !== "removed" && query.state.fetchStatus === "fetching")) return;
    changes.delete(query.queryHash);
    if (type !== "removed") for (const change of waiting) client.setQueryData(query.queryKey, change);
  });
  return changes;
}
