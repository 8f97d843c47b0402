import { create } from "zustand";

import { store, stored } from "./stored";

export const densities = ["comfortable", "compact"] as const;
export type Density = (typeof densities)[number];

/** How tall the rows of the conversation list are. */
export const useDensity = create<{ density: Density; choose: (density: Density) => void }>((set) => ({
  density: stored("density", densities, "comfortable"),
  choose: (density) => {
    store("density", density);
    set({ density });
  },
}));
