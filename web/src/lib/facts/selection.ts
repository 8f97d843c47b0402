import { create } from "zustand";

interface Selection {
  /** Ids of the conversations ticked for a common act. */
  ticked: ReadonlySet<string>;
  toggle: (id: string) => void;
  add: (ids: string[]) => void;
  clear: () => void;
}

export const useSelection = create<Selection>((set) => ({
  ticked: new Set(),
  toggle: (id) =>
    set(({ ticked }) => {
      const next = new Set(ticked);
      if (!next.delete(id)) next.add(id);
      return { ticked: next };
    }),
  add: (ids) => set(({ ticked }) => ({ ticked: new Set([...ticked, ...ids]) })),
  clear: () => set({ ticked: new Set() }),
}));
