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
  function step(by: number) {
    const index = at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by));
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
