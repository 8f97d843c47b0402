/** An exact amount in the currency's smallest unit. */
export interface Money {
  minor: number;
  currency: string;
}

/** How many digits of the currency stand behind the point. */
export function currencyDigits(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** As people write it where they are: `R$ 1.250,50`. Whole amounts are shown without a fraction where `short` is asked for. */
export function moneyText({ minor, currency }: Money, short = false): string {
  const digits = currencyDigits(currency);
  const amount = minor / 10 ** digits;
  const whole = short && Number.isInteger(amount);
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency, ...(whole ? { maximumFractionDigits: 0 } : {}) }).format(amount);
  } catch {
    return `${currency} ${amount.toFixed(digits)}`;
  }
}

/** What was typed, with a point or a comma before the fraction; `undefined` where it is no amount of this currency. */
export function readMoney(text: string, currency: string): Money | undefined {
  const match = /^(\d{1,12})(?:[.,](\d*))?$/.exec(text.trim().replace(/[\s']/g, ""));
  if (!match) return undefined;
  const digits = currencyDigits(currency);
  const fraction = match[2] ?? "";
  if (fraction.length > digits) return undefined;
  return { minor: Number(`${match[1] ?? ""}${fraction.padEnd(digits, "0")}`), currency };
}

/** For a field: `1250.50`. */
export function plainAmount({ minor, currency }: Money): string {
  const digits = currencyDigits(currency);
  return (minor / 10 ** digits).toFixed(digits);
}
