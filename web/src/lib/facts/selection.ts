import { create } from "zustand";

interface Selection {
  /** Ids of the conversations ticked for a common act. */
  ticked: ReadonlySet<string>;
  /** The one ticked last: where a range begins. */
  anchor?: string;
  toggle: (id: string) => void;
  add: (ids: string[]) => void;
  clear: () => void;
}

export const useSelection = create<Selection>((set) => ({
  ticked: new Set(),
  anchor: undefined,
  toggle: (id) =>
    set(({ ticked }) => {
      const next = new Set(ticked);
      if (!next.delete(id)) next.add(id);
      return { ticked: next, anchor: id };
    }),
  add: (ids) => set(({ ticked }) => ({ ticked: new Set([...ticked, ...ids]) })),
  clear: () => set({ ticked: new Set(), anchor: undefined }),
}));

/** The ids from the one ticked last, else from the first, to `id`: both included, in the list's order. */
export function rangeTo(ids: string[], anchor: string | undefined, id: string): string[] {
  const start = anchor ? Math.max(0, ids.indexOf(anchor)) : 0;
  const end = ids.indexOf(id);
  return end < 0 ? [] : ids.slice(Math.min(start, end), Math.max(start, end) + 1);
}
