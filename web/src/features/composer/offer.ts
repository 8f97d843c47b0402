import type { Abilities, Button } from "@/api/types";
import { measure, unmarked } from "@/lib/text";

/** What the customer can choose from with one press: buttons under the message, or rows of a list. */
export interface Offer {
  buttons: Button[];
  header: string;
  footer: string;
}

export const noOffer: Offer = { buttons: [], header: "", footer: "" };

/** The limits that hold for so many choices: those of buttons, or of a list where there are too many for buttons. */
export interface OfferLimits {
  list: boolean;
  titleMax: number;
  /** 0 where rows have no second line. */
  descriptionMax: number;
  /** How many there may be in all. */
  most: number;
}

export function offerLimits({ buttons, list }: Pick<Abilities, "buttons" | "list">, offered: Button[]): OfferLimits | undefined {
  if (!buttons && !list) return undefined;
  const fits = buttons != null && offered.length <= buttons.max && offered.every((one) => measure(one.title, "characters") <= buttons.title_max && !one.description);
  const most = Math.max(buttons?.max ?? 0, list?.max_rows ?? 0);
  if (buttons && (fits || !list)) return { list: false, titleMax: Math.max(buttons.title_max, list?.title_max ?? 0), descriptionMax: 0, most };
  return { list: true, titleMax: list?.title_max ?? 0, descriptionMax: list?.description_max ?? 0, most };
}

export function newChoice(): Button {
  return { id: crypto.randomUUID().slice(0, 8), title: "" };
}

/** What customers read whose network knows no buttons: the choices as numbered lines below the text. */
export function inWords(text: string, offer: Offer): string {
  const lines = offered(offer).map(({ title, description }, index) => `${index + 1}. ${title}${description ? ` (${description})` : ""}`);
  return [offer.header.trim(), [unmarked(text.trim()), ...lines].filter(Boolean).join("\n"), offer.footer.trim()].filter(Boolean).join("\n\n");
}

/** Without what was left empty. */
export function offered({ buttons }: Offer): Button[] {
  return buttons.filter((button) => button.title.trim()).map((button) => ({ ...button, title: button.title.trim(), description: button.description?.trim() ? button.description.trim() : undefined }));
}
