import { Link } from "@tanstack/react-router";

import type { Count } from "@/api/types";
import { classes } from "@/lib/classes";
import type { View } from "./use-views";

/** A view's name and how much is in it: unread in bold where there are any, else all of it. */
export function ViewLink({ view, count, active }: { view: View; count?: Count; active: boolean }) {
  const unread = view.countsUnread ? (count?.unread ?? 0) : 0;
  const number = unread || count?.conversations;
  return (
    <Link
      to="/inbox"
      search={{ view: view.id }}
      aria-current={active ? "page" : undefined}
      className={classes(
        "flex h-8 items-center gap-2 rounded-md px-2 [&_svg]:size-4 [&_svg]:shrink-0",
        active ? "bg-accent-quiet font-medium text-accent-text" : "hover:bg-line/60",
      )}
    >
      <span className={active ? undefined : "text-muted"}>{view.icon}</span>
      <span className="min-w-0 flex-1 truncate">{view.name}</span>
      {number ? (
        <span className={classes("text-xs tabular-nums", unread ? "font-semibold" : "text-muted")}>
          {number > 999 ? "999+" : number}
          {unread ? <span className="sr-only"> unread</span> : null}
        </span>
      ) : null}
    </Link>
  );
}
