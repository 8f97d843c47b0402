/** States of a request for money, as people read them. */
export const paymentStateNames: Record<string, string> = {
  preparing: "Preparing",
  pending: "Waiting",
  processing: "Processing",
  authorized: "Authorised",
  paid: "Paid",
  partially_refunded: "Partly refunded",
  refunded: "Refunded",
  failed: "Failed",
  expired: "Expired",
  cancelled: "Cancelled",
  charged_back: "Charged back",
};

export const paymentMethodNames: Record<string, string> = { card: "Card", pix: "Pix", boleto: "Boleto", other: "Other" };

/** While nobody has paid it can be taken back. */
export function isOpen(state: string): boolean {
  return state === "preparing" || state === "pending";
}

/** Whether there is money that can go back. */
export function canRefund(state: string): boolean {
  return state === "paid" || state === "partially_refunded";
}
