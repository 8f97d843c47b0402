/** Money that is asked for, as a card that follows how it stands. */
import { el, safe } from "./dom";
import { qr } from "./qr";
import type { Payment } from "./types";
import type { Words } from "./words";

/** An amount as it is written in the window's language. */
export function amount(minor: number, currency: string, language: string): string {
  try {
    const form = new Intl.NumberFormat(language, { style: "currency", currency });
    return form.format(minor / 10 ** (form.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${currency} ${minor / 100}`;
  }
}

/** The word for how it stands, and whether it is good or bad news. */
function standing({ state }: Payment, words: Words): [string, string] {
  switch (state) {
    case "paid":
      return [words.paid, "good"];
    case "processing":
    case "authorized":
      return [words.processing, ""];
    case "partially_refunded":
      return [words.partlyRefunded, ""];
    case "refunded":
    case "charged_back":
      return [words.refunded, ""];
    case "expired":
      return [words.expired, "over"];
    case "cancelled":
    case "failed":
      return [words.cancelled, "over"];
    default:
      return [words.toPay, ""];
  }
}

export function paymentCard(payment: Payment, words: Words, language: string): HTMLElement {
  const [said, tone] = standing(payment, words);
  const card = el("div", { class: "pay", role: "group", "aria-label": payment.description },
    el("p", { dir: "auto" }, payment.description),
    el("strong", { dir: "auto" }, amount(payment.minor, payment.currency, language)),
    el("span", { class: `state ${tone}` }, said));
  if (payment.refunded_minor > 0) card.append(el("span", { class: "meta", dir: "auto" }, `−${amount(payment.refunded_minor, payment.currency, language)}`));
  if (payment.state !== "pending") return card;
  const href = payment.url ? safe(payment.url) : null;
  if (href) card.append(el("a", { class: "go", href, target: "_blank", rel: "noopener noreferrer" }, words.pay));
  if (payment.pix_code) card.append(...pix(payment.pix_code, words));
  return card;
}

/** Pix's code: to be scanned with another device, or copied into the bank's app on this one. */
function pix(code: string, words: Words): Node[] {
  const picture = drawing(code);
  const shown: Node[] = [...(picture ? [picture] : []), el("code", { class: "code", tabindex: "0", role: "region", "aria-label": "Pix" }, code)];
  // Pages without TLS have no clipboard; the code can be marked by hand.
  if (!("clipboard" in navigator)) return shown;
  const copy = el("button", { type: "button", class: "copy" }, words.copyPix);
  copy.onclick = () => {
    void navigator.clipboard.writeText(code).then(() => {
      copy.textContent = words.copied;
      window.setTimeout(() => (copy.textContent = words.copyPix), 2000);
    });
  };
  return [...shown, copy];
}

let drawn: { code: string; path: string; size: number } | null = null;

/** The code as a picture, on white whatever the theme: readers want it so. Reckoned once, though the window paints often. */
function drawing(code: string): SVGElement | null {
  if (drawn?.code !== code) {
    const grid = qr(code);
    if (!grid) return null;
    const path = grid.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : []))).join("");
    drawn = { code, path, size: grid.length + 8 };
  }
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [name, value] of Object.entries({ class: "qr", viewBox: `0 0 ${drawn.size} ${drawn.size}`, role: "img", "aria-label": "Pix", "shape-rendering": "crispEdges" })) picture.setAttribute(name, value);
  path.setAttribute("d", drawn.path);
  picture.append(path);
  return picture;
}
