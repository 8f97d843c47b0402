/** A text all of whose characters stand in the tables goes as GSM-7. Room: of a whole text, and of each part of a split one. */
export interface Segmentation {
  basic: string;
  /** Cost two each. */
  extended: string;
  gsm7: [number, number];
  ucs2: [number, number];
}
export interface Segments {
  encoding: "GSM-7" | "UCS-2";
  /** 0 for an empty text. */
  segments: number;
  /** Septets or UTF-16 code units that are left in the last segment. */
  left: number;
}

/** Counts as carriers do: no escape sequence and no surrogate pair is divided between two segments. */
export function segmentsOf(text: string, { basic, extended, gsm7, ucs2 }: Segmentation): Segments {
  const characters = [...text];
  const narrow = characters.every((one) => basic.includes(one) || extended.includes(one));
  const cost = (one: string) => (narrow ? (extended.includes(one) ? 2 : 1) : one.length);
  const encoding = narrow ? "GSM-7" : "UCS-2";
  const [whole, part] = narrow ? gsm7 : ucs2;
  const length = characters.reduce((sum, one) => sum + cost(one), 0);
  if (length <= whole) return { encoding, segments: length > 0 ? 1 : 0, left: whole - length };
  let segments = 1;
  let used = 0;
  for (const one of characters) {
    if (used + cost(one) > part) {
      segments += 1;
      used = 0;
    }
    used += cost(one);
  }
  return { encoding, segments, left: part - used };
}
