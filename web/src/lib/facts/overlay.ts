import { create } from "zustand";

/** The one floating surface that the keyboard or a toolbar opened, if any. */
export type Overlay = "palette" | "shortcuts" | "assign" | "snooze" | "label";

interface Overlays {
  overlay?: Overlay;
  /** The conversations it is about; none means those ticked, or the one under the cursor. */
  about?: string[];
  show: (overlay: Overlay | undefined, about?: string[]) => void;
}

export const useOverlay = create<Overlays>((set) => ({
  overlay: undefined,
  show: (overlay, about) => set({ overlay, about }),
}));
