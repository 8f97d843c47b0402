import type { FormField } from "./form-field";

/** What was typed, by the field's name; `null` takes away what is stored. */
export type Values = Record<string, string | null>;

/** Only what was filled in, for a new account. */
export function filledIn(values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value?.trim() ? [[name, value]] : [])));
}

/** What differs from what is stored. A secret is not shown, so that an empty field keeps it. */
export function changes(values: Values, fields: FormField[], stored: Record<string, string>): Record<string, string> {
  const changed = fields.flatMap((field) => {
    const value = values[field.name];
    if (value === undefined || (value === null && !(field.name in stored))) return [];
    if (value === null) return [[field.name, ""]];
    if (field.secret) return value.trim() ? [[field.name, value]] : [];
    return value.trim() === (stored[field.name] ?? "") ? [] : [[field.name, value]];
  });
  return Object.fromEntries(changed) as Record<string, string>;
}

export interface Group {
  /** None: what every account needs. */
  section?: string;
  fields: FormField[];
}

/** The form as it is read: what is needed first, its sections in their order, and last what is technical and rare. */
export function groups(fields: FormField[]): Group[] {
  const rare = (field: FormField) => !field.section && (field.kind === "url" || field.kind === "number") && !field.required;
  const needed = fields.filter((field) => !field.section && !rare(field));
  const sections = [...new Set(fields.flatMap((field) => field.section ?? []))];
  return [
    { fields: needed },
    ...sections.map((section) => ({ section, fields: fields.filter((field) => field.section === section) })),
    { section: "More options", fields: fields.filter(rare) },
  ].filter((group) => group.fields.length > 0);
}
