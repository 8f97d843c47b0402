import { create } from "zustand";

import { store, stored } from "./stored";

/** Whether Enter sends (and Shift+Enter breaks the line), or the other way round. */
export const useEnterSends = create<{ enterSends: boolean; choose: (enterSends: boolean) => void }>((set) => ({
  enterSends: stored("enter-sends", ["yes", "no"], "yes") === "yes",
  choose: (enterSends) => {
    store("enter-sends", enterSends ? "yes" : "no");
    set({ enterSends });
  },
}));
