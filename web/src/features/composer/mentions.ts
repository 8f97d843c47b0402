interface Person {
  id: string;
  name: string;
}

/** The word behind an `@` before the cursor, while it may still become a name. */
export function mentionAt(text: string, cursor: number): { start: number; query: string } | undefined {
  const match = /(?:^|\s)@([\p{L}\p{M}' .-]{0,30})$/u.exec(text.slice(0, cursor));
  if (!match || /\s{2}|\s$.*\s/.test(match[1] ?? "")) return undefined;
  const query = match[1] ?? "";
  return { start: cursor - query.length - 1, query };
}

/** People whose full name stands behind an `@`; longer names are taken first. */
export function mentioned(text: string, people: Person[]): string[] {
  let rest = text;
  const found: string[] = [];
  for (const person of people.toSorted((a, b) => b.name.length - a.name.length)) {
    if (!rest.includes(`@${person.name}`)) continue;
    found.push(person.id);
    rest = rest.replaceAll(`@${person.name}`, "");
  }
  return found;
}
