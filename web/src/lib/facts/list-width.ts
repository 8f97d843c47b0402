import { create } from "zustand";

import { store, storedNumber } from "./stored";

export const narrowest = 260;
export const widest = 520;

/** Width of the conversation list in pixels. */
export const useListWidth = create<{ width: number; drag: (width: number) => void }>((set) => ({
  width: storedNumber("list-width", narrowest, widest, 320),
  drag: (width) => {
    const kept = Math.round(Math.min(widest, Math.max(narrowest, width)));
    store("list-width", String(kept));
    set({ width: kept });
  },
}));
