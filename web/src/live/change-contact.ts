import type { QueryClient } from "@tanstack/react-query";

import { contactKeys, patchContact } from "@/api/contacts";
import type { Contact, ContactChange } from "@/api/types";

interface Line {
  /** As the server knows it. */
  base: Contact;
  /** What is shown already and not yet told, in order. */
  waiting: ContactChange[];
  turn: Promise<unknown>;
}

/** By contact; a contact whose changes are all told has none. */
const lines = new Map<string, Line>();

/**
 * Shows a change of a contact at once and tells the server. Changes of one contact go one after the other, so that somebody who is
 * quick does not meet their own version. When one is refused, what it changed is taken back.
 */
export async function changeContact(client: QueryClient, contact: Contact, change: ContactChange): Promise<void> {
  const line: Line = lines.get(contact.id) ?? { base: client.getQueryData<Contact>(contactKeys.one(contact.id)) ?? contact, waiting: [], turn: Promise.resolve() };
  lines.set(contact.id, line);
  const show = () => client.setQueryData<Contact>(contactKeys.one(contact.id), line.waiting.reduce(foresee, line.base));
  line.waiting.push(change);
  show();
  const turn = line.turn.then(async () => {
    try {
      line.base = await patchContact(contact.id, { ...change, version: line.base.version });
    } finally {
      line.waiting.shift();
      if (line.waiting.length === 0) lines.delete(contact.id);
      show();
    }
  });
  line.turn = turn.catch(() => undefined);
  await turn;
}

/** Attributes are changed one by one: null takes one away, the others stay. */
function foresee(contact: Contact, change: ContactChange): Contact {
  const attributes = Object.fromEntries(Object.entries({ ...contact.attributes, ...change.attributes }).filter(([, value]) => value !== null));
  return { ...contact, ...change, attributes, version: contact.version };
}
