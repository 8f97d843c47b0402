import type { Person } from "./types";

/** People to be, each with digits that are theirs alone. */
export const cast: Person[] = [
  { digits: "4915112340001", name: "Greta Lindqvist" },
  { digits: "4915112340002", name: "Amos Reeve" },
  { digits: "5511987650003", name: "Beatriz Nunes" },
  { digits: "966501230004", name: "مريم الخطيب" },
  { digits: "81901230005", name: "田中さくら" },
];

/** Somebody new of that name. */
export function newPerson(name: string): Person {
  const digits = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return { digits: `49170${String(digits).padStart(10, "0").slice(0, 8)}`, name };
}
