import { create } from "zustand";

/** The conversation that single keys act on: the one moved to with j and k, else the open one. */
export const useCursor = create<{ at?: string; move: (id: string | undefined) => void }>((set) => ({
  at: undefined,
  move: (at) => set({ at }),
}));
