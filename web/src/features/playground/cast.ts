import type { Customer } from "./types";

/** People to be, with the kinds of ids that platforms give: digits. */
export const cast: Customer[] = [
  { id: "4915112340001", name: "Greta Lindqvist", username: "greta" },
  { id: "4915112340002", name: "Amos Reeve", username: "amos" },
  { id: "5511987650003", name: "Beatriz Nunes", username: "bia" },
  { id: "966501230004", name: "مريم الخطيب", username: "maryam" },
  { id: "81901230005", name: "田中さくら", username: "sakura" },
];

/** A new customer of that name, whose id nobody else has. */
export function newCustomer(name: string): Customer {
  const digits = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return { id: `49170${String(digits).padStart(10, "0").slice(0, 8)}`, name, username: name.toLowerCase().replace(/\W+/g, "_") || undefined };
}
