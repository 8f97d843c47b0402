/** Up to two letters that stand for a name; a hash for a phone number. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => /\p{L}/u.test(word));
  if (words.length === 0) return "#";
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : undefined];
  return letters.map((word) => (word ? ([...word].find((letter) => /\p{L}/u.test(letter)) ?? "") : "")).join("").toUpperCase();
}

/** `1 message`, `2 messages`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** A size in bytes for people: `840 B`, `12 kB`, `3.4 MB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}

/** Length as a platform counts it: characters are Unicode scalar values, as on the server. */
export function measure(text: string, unit: "characters" | "utf16" | "bytes"): number {
  if (unit === "bytes") return new TextEncoder().encode(text).length;
  return unit === "utf16" ? text.length : [...text].length;
}

/** Whether a type is in a list whose entries may end in `*`; parameters after `;` are ignored. */
export function acceptsMime(accepted: readonly string[], mime: string): boolean {
  const bare = mime.split(";")[0]?.trim() ?? "";
  return accepted.some((entry) => (entry.endsWith("*") ? bare.startsWith(entry.slice(0, -1)) : entry === bare));
}

/** A stable small number from a text, to pick one of `of` colours. */
export function pick(text: string, of: number): number {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return hash % of;
}

/** Whether two texts agree when case and accents are ignored. */
export function contains(text: string, part: string): boolean {
  const plain = (value: string) => value.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return plain(text).includes(plain(part));
}

/** A word of the interface as people read it: `message_content` is “Message content”. */
export function sentenceCase(word: string): string {
  return capital(word.replaceAll("_", " "));
}

/** A text without the marks of our own small markup (`*bold*`, `_italic_`, `~struck~`, code), for places of one line. */
export function unmarked(text: string): string {
  let plain = text.replace(/```|`/g, "");
  // Marks may stand inside each other; three rounds reach all kinds.
  for (let round = 0; round < 3; round++) plain = plain.replace(/(^|[\s(*_~])([*_~])(\S|\S[^\n]*?\S)\2(?=$|[\s).,!?:;*_~])/gm, "$1$3");
  return plain;
}

/** With its first letter large. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Ends a sentence that somebody else began and may not have ended. */
export function ended(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" || /[.!?…:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** A language as people call it: `pt-BR` is “Brazilian Portuguese”. The tag itself where it is none. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
