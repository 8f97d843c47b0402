import { create } from "zustand";

/** The sets of pictures that are shown whole instead of by their first few, each by its first picture. */
export const useUnfoldedPictures = create<{ unfolded: ReadonlySet<string>; turn: (first: string, open: boolean) => void }>((set) => ({
  unfolded: new Set(),
  turn: (first, open) =>
    set(({ unfolded }) => {
      const next = new Set(unfolded);
      if (open) next.add(first);
      else next.delete(first);
      return { unfolded: next };
    }),
}));
