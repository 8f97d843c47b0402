import { Check, LoaderCircle, WifiOff } from "lucide-react";

import { count } from "@/lib/text";
import { span } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { useConnection } from "@/live/connection";

/** Says when the screen is not live, and once when it is again. Quiet while all is well. */
export function ConnectionChip() {
  const { state, lostAt, caughtUp } = useConnection();
  const now = useNow(1000);
  const lostFor = lostAt ? now - lostAt : 0;
  const quiet = (state === "live" && caughtUp === undefined) || (state === "connecting" && lostFor < 1500);

  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-15 z-30 flex justify-center" data-connection={state}>
      {quiet ? (
        <span className="sr-only">{state === "live" ? "Connected" : "Connecting"}</span>
      ) : (
        <span className="flex animate-appear items-center gap-2 rounded-full border bg-raised px-3 py-1 text-sm shadow-float">
          {state === "live" ? <Check className="size-4 text-positive" /> : state === "offline" ? <WifiOff className="size-4 text-warning" /> : <LoaderCircle className="size-4 animate-spin text-muted" />}
          {state === "live" ? `Caught up${caughtUp ? `: ${count(caughtUp, "change")}` : ""}` : null}
          {state === "offline" ? "You are offline. What you write is kept." : null}
          {state === "connecting" ? `Reconnecting… ${span(lostFor)}` : null}
        </span>
      )}
    </div>
  );
}
