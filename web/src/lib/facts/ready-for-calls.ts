import { create } from "zustand";

import { store, stored } from "./stored";

/** Whether calls ring in this browser. */
export const useReadyForCalls = create<{ ready: boolean; choose: (ready: boolean) => void }>((set) => ({
  ready: stored("ready-for-calls", ["yes", "no"], "yes") === "yes",
  choose: (ready) => {
    store("ready-for-calls", ready ? "yes" : "no");
    set({ ready });
  },
}));
