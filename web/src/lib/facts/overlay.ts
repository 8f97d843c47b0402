import { create } from "zustand";

/** The one floating surface that the keyboard opened, if any. */
export type Overlay = "palette" | "shortcuts" | "assign" | "snooze" | "label" | "templates";

export const useOverlay = create<{ overlay?: Overlay; show: (overlay: Overlay | undefined) => void }>((set) => ({
  overlay: undefined,
  show: (overlay) => set({ overlay }),
}));
