import { create } from "zustand";

import { store, stored } from "./stored";

/** Whether the contact panel beside the thread is unfolded; on a phone it starts folded and is not remembered. */
export const useContactPanel = create<{ open: boolean; toggle: (open?: boolean) => void }>((set, get) => ({
  open: stored("contact-panel", ["open", "folded"], "open") === "open" && wide(),
  toggle: (open = !get().open) => {
    if (wide()) store("contact-panel", open ? "open" : "folded");
    set({ open });
  },
}));

function wide(): boolean {
  return typeof matchMedia === "undefined" || matchMedia("(min-width: 1180px)").matches;
}
