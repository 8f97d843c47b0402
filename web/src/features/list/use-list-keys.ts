import { useEffect, useRef } from "react";

import { rangeTo, useSelection } from "@/lib/facts/selection";
import { useShortcuts } from "@/lib/shortcuts";

interface ListKeys {
  ids: string[];
  cursor?: string;
  move: (id: string, index: number) => void;
  open: (id: string) => void;
  toggle: (id: string) => void;
  add: (ids: string[]) => void;
}

/** Moving, opening and ticking in the list by keyboard. */
export function useListKeys({ ids, cursor, move, open, toggle, add }: ListKeys): void {
  const at = cursor ? ids.indexOf(cursor) : -1;
  const last = useRef(-1);
  useEffect(() => {
    if (at >= 0) last.current = at;
  }, [at]);
  function step(by: number) {
    // Where the row under the cursor has left, the one that took its place is next.
    const from = at >= 0 ? at + by : last.current < 0 ? 0 : last.current + Math.min(by, 0);
    const index = Math.min(ids.length - 1, Math.max(0, from));
    const id = ids[index];
    if (id) move(id, index);
  }
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    Enter: at >= 0 && !onControl() ? () => cursor && open(cursor) : undefined,
    x: () => (cursor ? toggle(cursor) : undefined),
    "Shift+x": () => (cursor ? add(rangeTo(ids, useSelection.getState().anchor, cursor)) : undefined),
  });
}

/** Enter belongs to the focused button or link, where there is one. */
function onControl(): boolean {
  return document.activeElement?.matches("a, button") ?? false;
}
