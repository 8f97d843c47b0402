import { expect, test } from "vitest";

import type { BalanceDay, Refund } from "@/api/payments";
import { books, refundable } from "./sums";

const money = (minor: number) => ({ minor, currency: "BRL" });
const refund = (minor: number, state: Refund["state"]) => ({ amount: money(minor), state }) as Refund;

test("what was asked back cannot go back again", () => {
  const paid = { captured: money(5000), refunded: money(1000) };
  expect(refundable({ ...paid, refunds: [refund(1000, "done")] }).minor).toBe(4000);
  expect(refundable({ ...paid, refunds: [refund(1000, "done"), refund(1500, "asked")] }).minor).toBe(2500);
  expect(refundable({ ...paid, refunds: [refund(1000, "done"), refund(9000, "asked")] }).minor).toBe(0);
  expect(refundable({ ...paid, refunds: [refund(4000, "failed")] }).minor).toBe(4000);
});

test("books hold one account and one currency each, newest day first, and add up", () => {
  const day = (account_id: string, currency: string, date: string, captured: number, fees: number): BalanceDay => ({ day: date, account_id, provider: "stripe", currency, captured, refunded: 0, lost: 0, fees, net: captured - fees, count: 1 });
  const [first, second, ...more] = books([day("a", "BRL", "2026-11-01", 1000, 40), day("a", "USD", "2026-11-01", 500, 20), day("a", "BRL", "2026-11-02", 2000, 80)]);
  expect(more).toEqual([]);
  expect([first?.currency, first?.days.map((one) => one.day), first?.sum]).toEqual(["BRL", ["2026-11-02", "2026-11-01"], { captured: 3000, refunded: 0, lost: 0, fees: 120, net: 2880, count: 2 }]);
  expect([second?.currency, second?.sum.net]).toEqual(["USD", 480]);
});
