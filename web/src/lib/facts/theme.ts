import { create } from "zustand";

import { store, stored } from "./stored";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const useTheme = create<{ theme: Theme; choose: (theme: Theme) => void }>((set) => ({
  theme: stored("theme", themes, "system"),
  choose: (theme) => {
    store("theme", theme);
    set({ theme });
    paint(theme);
  },
}));

/** Gives the document the theme's colours. */
function paint(theme: Theme): void {
  const dark = theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

/** Paints now, and again whenever the system changes its mind. */
export function followTheme(): void {
  paint(useTheme.getState().theme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(useTheme.getState().theme));
}
