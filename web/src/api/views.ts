import type { ConversationFilter } from "./types";

/** Not closed and not asleep. */
export const active = "open,pending";

/** What a view of the inbox lists. Names: `mine`, `team:{id}`, `label:{id}`, `channel:{id}`, …; anything unknown is all. */
export function viewFilter(view: string | undefined, me: string | undefined, q?: string): ConversationFilter {
  const [kind, id] = (view ?? "all").split(":");
  const search = q?.trim() ? { q: q.trim() } : {};
  switch (kind) {
    case "mine":
      return { status: active, assignee_id: me, ...search };
    case "unassigned":
      return { status: active, assignee_id: "none", ...search };
    case "unread":
      return { status: active, unread: true, ...search };
    case "mentions":
      return { mentioned: true, ...search };
    case "snoozed":
      return { status: "snoozed", ...search };
    case "closed":
      return { status: "closed", ...search };
    case "team":
      return { status: active, team_id: id, ...search };
    case "label":
      return { status: active, label: id, ...search };
    case "channel":
      return { status: active, channel: id, ...search };
    default:
      // A search looks everywhere, also among the closed.
      return search.q ? search : { status: active };
  }
}
