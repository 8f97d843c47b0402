import type { PaymentAbilities, PaymentMethod } from "@/api/payments";
import { restore, store } from "@/lib/facts/stored";
import { span } from "@/lib/time";

/** What can pay in a currency. */
export function methodsFor(abilities: PaymentAbilities, currency: string): PaymentMethod[] {
  return abilities.methods.filter((method) => {
    const bound = abilities.bound.find((one) => one.method === method);
    return !bound || bound.currencies.includes(currency);
  });
}

const hour = 60;
const day = 24 * hour;
const usualChoices = [10, 30, hour, 3 * hour, 12 * hour, day, 3 * day, 7 * day, 30 * day];

/** How long a request may stay open, in minutes, within what the provider allows. */
export function expiryChoices({ shortest_minutes: shortest, longest_minutes: longest, usual_minutes: usual }: PaymentAbilities): number[] {
  return [...new Set([...usualChoices.filter((one) => one >= shortest && one <= longest), usual])].sort((a, b) => a - b);
}

/** `30 min`, `3 h`, `7 days`. */
export function minutesInWords(minutes: number): string {
  return minutes === day ? "1 day" : span(minutes * 60_000);
}

const isCode = (value: unknown): value is string => typeof value === "string" && /^[A-Z]{3}$/.test(value);

export function lastCurrency(): string | undefined {
  return restore("payment-currency", isCode);
}

export function rememberCurrency(currency: string): void {
  store("payment-currency", JSON.stringify(currency));
}

export { isCode };
