import type { BalanceDay, PaymentDetail, Reconciliation } from "@/api/payments";
import type { Money } from "@/lib/money";

/** What can still be given back: what was taken, less what went back and what the provider has not heard of yet. */
export function refundable({ captured, refunded, refunds }: Pick<PaymentDetail, "captured" | "refunded" | "refunds">): Money {
  const asked = refunds.filter((one) => one.state === "asked").reduce((sum, one) => sum + one.amount.minor, 0);
  return { minor: Math.max(0, captured.minor - refunded.minor - asked), currency: captured.currency };
}

export type Sum = Pick<BalanceDay, "captured" | "refunded" | "lost" | "fees" | "net" | "count">;

const nothing: Sum = { captured: 0, refunded: 0, lost: 0, fees: 0, net: 0, count: 0 };

/** Amounts of one currency together. */
export function total(days: BalanceDay[]): Sum {
  return days.reduce<Sum>(
    (sum, day) => ({
      captured: sum.captured + day.captured,
      refunded: sum.refunded + day.refunded,
      lost: sum.lost + day.lost,
      fees: sum.fees + day.fees,
      net: sum.net + day.net,
      count: sum.count + day.count,
    }),
    nothing,
  );
}

/** Days under the account and currency that they belong to: amounts of two currencies never stand in one sum. */
export function books(days: BalanceDay[]): { key: string; account_id: string; currency: string; days: BalanceDay[]; sum: Sum }[] {
  const keys = [...new Set(days.map((one) => `${one.account_id} ${one.currency}`))];
  return keys.map((key) => {
    const own = days.filter((one) => `${one.account_id} ${one.currency}` === key).toSorted((one, other) => other.day.localeCompare(one.day));
    const [account_id = "", currency = ""] = key.split(" ");
    return { key, account_id, currency, days: own, sum: total(own) };
  });
}

/** How many things wait for a person. */
export function openMatters(found: Reconciliation | undefined): number {
  return found ? found.orphans.length + found.mismatches.length + found.unanswered.length : 0;
}
