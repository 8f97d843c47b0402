import type { Charge, Dispute, PaymentDetail, Refund } from "@/api/payments";
import { moneyText } from "@/lib/money";
import { paymentStateNames } from "@/lib/payment-words";
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

export const refundNames: Record<Refund["state"], string> = { asked: "Asked for", pending: "On its way", done: "Went back", failed: "Failed", unknown: "No answer" };

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

const happenings: Record<string, string> = {
  asked: "Asked for",
  offered: "The provider made a page to pay on",
  not_offered: "The provider made no page",
  cancel_asked: "Asked to be cancelled",
  linked: "Money was linked to it by hand",
};

/** One line of what happened. */
export function historyText({ what, data }: PaymentDetail["history"][number], currency: string): string {
  const told = typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
  const text = (name: string) => (typeof told[name] === "string" ? told[name] : "");
  const money = typeof told.minor === "number" ? moneyText({ minor: told.minor, currency }) : "";
  if (what === "state") return `${paymentStateNames[text("from")] ?? text("from")} → ${paymentStateNames[text("to")] ?? text("to")}`;
  if (what === "refund_asked") return `Refund of ${money} asked for: ${text("reason")}`;
  if (what === "refund") return [`Refund of ${money}: ${(refundNames[text("state") as Refund["state"]] ?? text("state")).toLowerCase()}`, text("detail")].filter(Boolean).join(". ");
  if (what === "dispute") return `Dispute: ${disputeNames[text("state") as Dispute["state"]] ?? text("state")}`;
  return [happenings[what] ?? sentenceCase(what), text("detail")].filter(Boolean).join(": ");
}
