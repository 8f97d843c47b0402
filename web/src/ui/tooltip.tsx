import { type FocusEvent, type PointerEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Slot } from "radix-ui";
import { createPortal } from "react-dom";
import { create } from "zustand";

import { Keys } from "./keys";

type Side = "top" | "right" | "bottom" | "left";

interface Shown {
  id: string;
  text: string;
  keys?: string;
  side: Side;
  anchor: Element;
}

const useShown = create<{ shown?: Shown }>(() => ({}));
const rests = 500;
/** Who moves from one hint to the next does not wait again. */
const stays = 300;
let timer: ReturnType<typeof setTimeout> | undefined;
let hiddenAt = 0;

function show(next: Shown, wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => useShown.setState({ shown: next }), Date.now() - hiddenAt < stays ? 0 : wait);
}

function hide(): void {
  clearTimeout(timer);
  if (useShown.getState().shown) hiddenAt = Date.now();
  useShown.setState({ shown: undefined });
}

interface TipProps {
  text: string;
  keys?: string;
  side?: Side;
  children: ReactNode;
}

/** A hint on hover and focus; never the only place where something is said. */
export function Tip({ text, keys, side = "top", children }: TipProps) {
  const id = useId();
  useEffect(
    () => () => {
      if (useShown.getState().shown?.id === id) hide();
    },
    [id],
  );
  return (
    <Slot.Root
      onPointerEnter={(event: PointerEvent) => {
        if (event.pointerType === "mouse") show({ id, text, keys, side, anchor: event.currentTarget }, rests);
      }}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event: FocusEvent) => {
        if (event.target.matches(":focus-visible")) show({ id, text, keys, side, anchor: event.currentTarget }, 0);
      }}
      onBlur={hide}
    >
      {children}
    </Slot.Root>
  );
}

/** Where the one hint that is shown stands; once on each page. */
export function Tips() {
  const shown = useShown((state) => state.shown);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") hide();
    };
    window.addEventListener("keydown", onKey);
    window.addEventListener("scroll", hide, true);
    return () => {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("scroll", hide, true);
    };
  }, []);
  return shown ? createPortal(<Hint key={shown.id} {...shown} />, document.body) : null;
}

const gap = 6;
const edge = 8;

function Hint({ text, keys, side, anchor }: Shown) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number }>();
  useLayoutEffect(() => {
    const own = box.current?.getBoundingClientRect();
    if (own) setPlace(placed(anchor.getBoundingClientRect(), own, side));
  }, [anchor, side, text]);
  return (
    <div
      ref={box}
      aria-hidden="true"
      className="pointer-events-none fixed top-0 left-0 z-50 flex w-max max-w-72 items-center gap-2 rounded-md bg-text px-2 py-1 text-xs text-canvas shadow-float"
      style={place ?? { visibility: "hidden" }}
    >
      {text}
      {keys ? <Keys keys={keys} inverse /> : null}
    </div>
  );
}

/** Beside the anchor, on the other side where there is no room, and never over the window's edge. */
function placed(anchor: DOMRect, own: DOMRect, side: Side): { left: number; top: number } {
  const within = (value: number, size: number, room: number) => Math.max(edge, Math.min(value, room - size - edge));
  if (side === "left" || side === "right") {
    const right = anchor.right + gap;
    const left = anchor.left - gap - own.width;
    const fits = side === "right" ? right + own.width + edge <= innerWidth : left < edge;
    return { left: fits ? right : left, top: within(anchor.top + anchor.height / 2 - own.height / 2, own.height, innerHeight) };
  }
  const above = anchor.top - gap - own.height;
  const below = anchor.bottom + gap;
  const up = side === "top" ? above >= edge : below + own.height + edge > innerHeight;
  return { left: within(anchor.left + anchor.width / 2 - own.width / 2, own.width, innerWidth), top: up ? above : below };
}
