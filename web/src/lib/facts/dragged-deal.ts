import { create } from "zustand";

/** The deal that is under the pointer on its way to another place. */
export const useDraggedDeal = create<{ id: string | undefined; set: (id: string | undefined) => void }>((set) => ({
  id: undefined,
  set: (id) => set({ id }),
}));
