import type { Charge, Dispute, PaymentDetail, Refund } from "@/api/payments";
import { sentenceCase } from "@/lib/text";

export const progressNames: Record<Charge["progress"], string> = {
  open: "Begun",
  processing: "Processing",
  authorized: "Authorised",
  captured: "Taken",
  failed: "Refused",
  expired: "Expired",
  cancelled: "Cancelled",
};

export const refundNames: Record<Refund["state"], string> = { asked: "Asked for", pending: "On its way", done: "Went back", failed: "Failed" };

export const disputeNames: Record<Dispute["state"], string> = {
  inquiry: "The payer’s bank asks",
  needs_response: "Needs an answer",
  under_review: "Under review",
  won: "Won",
  lost: "Lost",
};

export function disputeOver({ state }: Dispute): boolean {
  return state === "won" || state === "lost";
}

const mismatches: Record<string, string> = {
  currency: "The provider took another currency than was asked for.",
  too_much: "More was taken than was asked for.",
  too_little: "Less was taken than was asked for.",
  refunded: "More went back than was taken.",
  after_cancel: "It was paid after it had been cancelled.",
};

export function mismatchText(mismatch: string): string {
  return mismatches[mismatch] ?? sentenceCase(mismatch);
}

/** One line of what happened; what the server tells beside it, where that is text. */
export function historyText({ what, data }: PaymentDetail["history"][number]): string {
  const told = typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
  const more = ["state", "reason", "detail", "problem"].flatMap((name) => (typeof told[name] === "string" && told[name] !== "" ? [String(told[name]).replaceAll("_", " ")] : []));
  return [sentenceCase(what), ...more].join(": ");
}
