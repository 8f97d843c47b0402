import { Clock, Lock } from "lucide-react";

import { span } from "@/lib/time";
import type { Window } from "./window";

/** The window's countdown: quiet while long, a warning when it nears its end. */
export function WindowNote({ window }: { window: Window }) {
  if (window.state === "none") return null;
  if (window.state === "closed") {
    return (
      <span className="flex min-w-0 items-center gap-1 text-warning">
        <Lock className="size-3.5 shrink-0" aria-hidden="true" /> <span className="truncate">Window closed: templates only</span>
      </span>
    );
  }
  return (
    <span className={window.closing ? "flex min-w-0 items-center gap-1 text-warning" : "flex min-w-0 items-center gap-1"} title={`Free text for ${span(window.left)}`}>
      <Clock className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="sr-only">Free text for</span>
      <span className="truncate">{span(window.left)}</span>
    </span>
  );
}
