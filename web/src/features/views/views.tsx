import { useQuery } from "@tanstack/react-query";

import { conversationCounts } from "@/api/conversations";
import { useViews } from "./use-views";
import { ViewLink } from "./view-link";

/** The column of views with their counts. */
export function Views({ view }: { view: string }) {
  const groups = useViews();
  const counts = useQuery(conversationCounts());
  return (
    <nav aria-label="Views" className="flex w-52 shrink-0 flex-col gap-4 overflow-y-auto border-r bg-canvas px-2 py-3">
      {groups.map((group) => (
        <section key={group.name} aria-label={group.name}>
          <h2 className={group.titled ? "px-2 pb-1 text-xs font-medium text-muted" : "px-2 pt-1 pb-2 text-lg font-semibold"}>{group.name}</h2>
          <ul className="flex flex-col gap-px">
            {group.views.map((one) => (
              <li key={one.id}>
                <ViewLink view={one} count={counts.data ? one.count(counts.data) : undefined} active={one.id === view} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
