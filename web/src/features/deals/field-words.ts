import type { FieldKind } from "@/api/deal-fields";

export const kindNames: Record<FieldKind, string> = { text: "Text", number: "Number", date: "Date", choice: "Choice", yes_no: "Yes or no" };

/** A name for programs out of the name for people. */
export function keyOf(label: string): string {
  const plain = label.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return (plain || label.trim()).slice(0, 64);
}

/** Each once, in their order. */
export function linesOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
}
