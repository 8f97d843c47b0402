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

/**
 * What was typed, in the English or the continental way: `1250.50`, `1.250,50`, `R$ 1.250`… `undefined` where it is no amount of this
 * currency, or may mean two: `1.250` is 1250 to one and 1.25 to another, and nobody's money is guessed.
 */
export function readMoney(text: string, currency: string): Money | undefined {
  const bare = unnamed(text, currency).replace(/[\s\u00a0']/g, "");
  if (!/^\d[\d.,]*$/.test(bare)) return undefined;
  const digits = currencyDigits(currency);
  const [whole, fraction] = halves(bare, digits === 0);
  if (whole === undefined || fraction.length > digits || whole.length > 12) return undefined;
  return { minor: Number(`${whole}${fraction.padEnd(digits, "0")}`), currency };
}

/** Without the currency's code or sign, which people copy along. */
function unnamed(text: string, currency: string): string {
  const trimmed = text.trim();
  const sign = signOf(currency);
  const named = [currency, sign].find((one) => one && (trimmed.toUpperCase().startsWith(one.toUpperCase()) || trimmed.toUpperCase().endsWith(one.toUpperCase())));
  if (!named) return trimmed;
  return (trimmed.toUpperCase().startsWith(named.toUpperCase()) ? trimmed.slice(named.length) : trimmed.slice(0, -named.length)).trim();
}

function signOf(currency: string): string {
  try {
    const parts = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "symbol" }).formatToParts(0);
    return parts.find((part) => part.type === "currency")?.value ?? "";
  } catch {
    return "";
  }
}

/**
 * Before and behind the decimal mark, thousands' marks taken out. Of two marks the last is the decimal one; one that is
 * repeated is none, nor is any where the currency has no fraction.
 */
function halves(text: string, wholeOnly: boolean): [string | undefined, string] {
  const marks = text.replace(/\d/g, "");
  const last = marks.at(-1) ?? "";
  const grouped = (whole: string, mark: string) => (whole.split(mark).every((part, index) => (index === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(part)) ? whole.replaceAll(mark, "") : undefined);
  if (marks === "") return [text, ""];
  if (marks.length === 1 && !wholeOnly) {
    const [whole = "", fraction = ""] = text.split(last);
    return [whole, fraction];
  }
  if (new Set(marks).size === 1) return [grouped(text, last), ""];
  const at = text.lastIndexOf(last);
  if (marks.slice(0, -1).includes(last)) return [undefined, ""];
  return [grouped(text.slice(0, at), marks[0] ?? ""), text.slice(at + 1)];
}

/** For a field: `1250.50`. */
export function plainAmount({ minor, currency }: Money): string {
  const digits = currencyDigits(currency);
  return (minor / 10 ** digits).toFixed(digits);
}
