import type { ReactNode } from "react";
import { AlarmClock, CircleCheck, RotateCcw } from "lucide-react";

import { classes } from "@/lib/classes";
import { useSwipe } from "@/lib/swipe";

interface SwipeRowProps {
  closed: boolean;
  onClose: () => void;
  onSnooze: () => void;
  children: ReactNode;
}

/** A row under a finger: to the right it closes or reopens, to the left it is snoozed. */
export function SwipeRow({ closed, onClose, onSnooze, children }: SwipeRowProps) {
  const { by, due, handlers } = useSwipe((side) => (side === "right" ? onClose() : onSnooze()));
  return (
    <div className="relative h-full touch-pan-y overflow-hidden" {...handlers}>
      {by === 0 ? null : (
        <div
          aria-hidden="true"
          className={classes("absolute inset-0 flex items-center gap-2 px-5 font-medium text-white [&_svg]:size-5", by < 0 && "flex-row-reverse")}
          style={due ? { background: by > 0 ? "#047857" : "#b45309" } : { background: "#64748b" }}
        >
          {by > 0 ? closed ? <RotateCcw /> : <CircleCheck /> : <AlarmClock />}
          {by > 0 ? (closed ? "Reopen" : "Close") : "Snooze"}
        </div>
      )}
      <div className={classes("h-full", by !== 0 && "bg-canvas shadow-float")} style={by === 0 ? undefined : { transform: `translateX(${by}px)` }}>
        {children}
      </div>
    </div>
  );
}
