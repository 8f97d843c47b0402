import { Clock, Lock } from "lucide-react";

import { span } from "@/lib/time";
import type { Window } from "./window";

/** The window's countdown: quiet while long, a warning when it nears its end. */
export function WindowNote({ window }: { window: Window }) {
  if (window.state === "none") return null;
  if (window.state === "closed") {
    return (
      <span className="flex items-center gap-1 text-warning">
        <Lock className="size-3.5" aria-hidden="true" /> Window closed: templates only
      </span>
    );
  }
  return (
    <span className={window.closing ? "flex items-center gap-1 text-warning" : "flex items-center gap-1"}>
      <Clock className="size-3.5" aria-hidden="true" /> Free text for {span(window.left)}
    </span>
  );
}
