import { create } from "zustand";

/** What is open about payments, over whatever page. */
export type PaymentDialog =
  | { kind: "ask"; conversationId?: string; dealId?: string }
  | { kind: "detail" | "refund"; id: string };

export const usePaymentDialog = create<{ dialog?: PaymentDialog; show: (dialog: PaymentDialog | undefined) => void }>((set) => ({
  dialog: undefined,
  show: (dialog) => set({ dialog }),
}));
