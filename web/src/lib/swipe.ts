import { type PointerEvent, useRef, useState } from "react";

/** How far a finger has to go for the act, in pixels. */
const enough = 88;
const most = 132;
/** Below this it may still be a tap or a scroll. */
const slack = 12;

interface SwipeHandlers {
  onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  onPointerUp: (event: PointerEvent<HTMLElement>) => void;
  onPointerCancel: () => void;
  onClickCapture: (event: { preventDefault: () => void; stopPropagation: () => void }) => void;
}

/** A finger's way across a row: how far it is, and whether letting go now would act. Mice and pens scroll and click as ever. */
export function useSwipe(act: (side: "left" | "right") => void): { by: number; due: boolean; handlers: SwipeHandlers } {
  const [by, setBy] = useState(0);
  const start = useRef<{ x: number; y: number; moved: boolean } | undefined>(undefined);
  const swallow = useRef(false);

  function end() {
    start.current = undefined;
    setBy(0);
  }
  return {
    by,
    due: Math.abs(by) >= enough,
    handlers: {
      onPointerDown: (event) => {
        swallow.current = false;
        if (event.pointerType === "touch" && event.isPrimary) start.current = { x: event.clientX, y: event.clientY, moved: false };
      },
      onPointerMove: (event) => {
        const from = start.current;
        if (!from) return;
        const across = event.clientX - from.x;
        if (!from.moved) {
          if (Math.abs(event.clientY - from.y) > slack) return end();
          if (Math.abs(across) < slack) return;
          from.moved = true;
          event.currentTarget.setPointerCapture(event.pointerId);
        }
        setBy(Math.max(-most, Math.min(most, across)));
      },
      onPointerUp: () => {
        // The click that follows a swipe opens nothing.
        swallow.current = start.current?.moved ?? false;
        if (start.current?.moved && Math.abs(by) >= enough) act(by < 0 ? "left" : "right");
        end();
      },
      onPointerCancel: end,
      onClickCapture: (event) => {
        if (!swallow.current) return;
        swallow.current = false;
        event.preventDefault();
        event.stopPropagation();
      },
    },
  };
}
