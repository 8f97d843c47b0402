import { useState } from "react";
import { useQuery } from "@tanstack/react-query";

import { conversationCounts } from "@/api/conversations";
import type { Counts } from "@/api/types";
import { type Group, useViews } from "./use-views";
import { ViewLink } from "./view-link";

/** The column of views with their counts. */
export function Views({ view }: { view: string }) {
  const groups = useViews();
  const counts = useQuery(conversationCounts());
  return (
    <nav aria-label="Views" className="flex w-52 shrink-0 flex-col gap-4 overflow-y-auto border-r bg-canvas px-2 py-3">
      {groups.map((group) => (
        <ViewGroup key={group.name} group={group} counts={counts.data} view={view} />
      ))}
    </nav>
  );
}

/** More than these are folded, so that the groups below stay in reach. */
const unfolded = 8;

function ViewGroup({ group, counts, view }: { group: Group; counts?: Counts; view: string }) {
  const [all, setAll] = useState(false);
  const folds = group.views.length > unfolded + 1;
  const shown = folds && !all ? group.views.filter((one, index) => index < unfolded || one.id === view) : group.views;
  return (
    <section aria-label={group.name}>
      <h2 className={group.titled ? "px-2 pb-1 text-xs font-medium text-muted" : "px-2 pt-1 pb-2 text-lg font-semibold"}>{group.name}</h2>
      <ul className="flex flex-col gap-px">
        {shown.map((one) => (
          <li key={one.id}>
            <ViewLink view={one} count={counts ? one.count(counts) : undefined} active={one.id === view} />
          </li>
        ))}
      </ul>
      {folds ? (
        <button type="button" aria-expanded={all} onClick={() => setAll(!all)} className="h-8 w-full rounded-md px-2 text-left text-sm text-muted hover:bg-line/60 hover:text-text">
          {all ? "Show fewer" : `Show all ${group.views.length}`}
        </button>
      ) : null}
    </section>
  );
}
