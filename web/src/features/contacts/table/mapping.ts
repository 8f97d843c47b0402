import { writeCsv } from "@/lib/csv";

/** What a column of a table becomes: a field of the contact, an attribute of the column's name, or nothing. */
export type Target = "name" | "phone" | "email" | "attribute" | "skip";

export interface Column {
  title: string;
  target: Target;
}

/** Titles that people give the fields, in a few languages. */
const known: [Target, RegExp][] = [
  ["email", /^e-?mail|^correo|^courriel|mail.?adress/i],
  ["phone", /phone|mobile|^tel|whatsapp|^cell|handy|telefon|m[oó]vil/i],
  ["name", /^(full |display |contact |customer )?name$|^nombre$|^nom$|^nome$|^kunde$|^contact$/i],
];

/** A first guess from the titles; each field is given once. */
export function guess(titles: string[]): Column[] {
  const given = new Set<Target>();
  return titles.map((title) => {
    const target = known.find(([field, pattern]) => !given.has(field) && pattern.test(title.trim()))?.[0];
    if (target) given.add(target);
    return { title: title.trim(), target: target ?? (title.trim() ? "attribute" : "skip") };
  });
}

/** Without something to know people by, every row would make a new contact without a way to write to it. */
export function fault(columns: Column[]): string | undefined {
  const fields = columns.map((column) => column.target).filter((target) => target !== "attribute" && target !== "skip");
  if (new Set(fields).size < fields.length) return "Two columns go to the same field.";
  if (!fields.includes("phone") && !fields.includes("email")) return "Choose the column that holds the phone number or the e-mail address.";
  return undefined;
}

/** How many rows go at once: small enough for a progress that moves, and for what the server takes. */
export const batchRows = 250;

/** The rows as the server wants them, in batches, each with the number of its first row counted from 1. */
export function batches(columns: Column[], rows: string[][]): { first: number; csv: string }[] {
  const used = columns.map((column, index) => ({ ...column, index })).filter((column) => column.target !== "skip");
  const head = used.map((column) => (column.target === "attribute" ? column.title : column.target));
  const made = [];
  for (let at = 0; at < rows.length; at += batchRows) {
    const body = rows.slice(at, at + batchRows).map((row) => used.map((column) => row[column.index]?.trim() ?? ""));
    made.push({ first: at + 1, csv: writeCsv([head, ...body]) });
  }
  return made;
}
