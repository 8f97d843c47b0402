import { type FocusEvent, useLayoutEffect, useRef } from "react";

interface Kept {
  id: string;
  index: number;
}

const row = (id: string) => document.querySelector<HTMLElement>(`[data-conversation="${id}"]`);

/**
 * Keeps the keyboard's place in the list: a row that moves takes the focus along, and where it leaves, the one that took its
 * place has it. `onGone` is told which that is.
 */
export function useKeptFocus(ids: string[], onGone: (gone: string, next: string) => void) {
  const kept = useRef<Kept | undefined>(undefined);
  useLayoutEffect(() => {
    const { current } = kept;
    // Somebody who has gone on to something else is not called back.
    if (!current || document.activeElement !== document.body) return;
    const at = ids.indexOf(current.id);
    const next = at >= 0 ? current.id : ids[Math.min(current.index, ids.length - 1)];
    if (next === undefined) return;
    row(next)?.focus({ preventScroll: true });
    if (at < 0) onGone(current.id, next);
  });
  return {
    onFocus: (event: FocusEvent) => {
      const id = event.target.getAttribute("data-conversation");
      kept.current = id ? { id, index: ids.indexOf(id) } : undefined;
    },
    // React tells of no blur when a focused row is taken away, which is what makes this work.
    onBlur: () => (kept.current = undefined),
  };
}
