import { type Money, moneyText } from "./money";

/** What a member is told of what they asked for. */
export function paymentNotice(kind: string, { amount, contact, description }: { amount: Money; contact: { name: string } | null; description: string }): string {
  const who = contact?.name || "The payer";
  const what = `${moneyText(amount)} (${description})`;
  if (kind === "payment_paid") return `${who} paid ${what}.`;
  if (kind === "payment_failed") return `${who} could not pay ${what}.`;
  if (kind === "payment_expired") return `${what} was not paid in time.`;
  if (kind === "payment_disputed") return `${who}’s bank disputes ${what}.`;
  return `News about ${what}.`;
}
