import type { Channel, Contact, Identity } from "./types";

/** What people make of somebody's ids on one channel; without what is only a platform's inner number. */
export function said(identities: Identity[], channel: string): string[] {
  return [...new Set(identities.filter((one) => one.channel === channel).flatMap((one) => one.said ?? []))];
}

/** The platform's own ids that no words hold. */
export function unsaid(identities: Identity[], channel: string): string[] {
  return identities.filter((one) => one.channel === channel && !one.said?.includes(one.external_id)).map((one) => one.external_id);
}

/** One line that tells somebody from others of the same name: how they are reached, else where they write. */
export function knownAs(contact: Pick<Contact, "phone" | "email" | "username" | "identities">, names: Channel[] | undefined): string {
  const { phone, email, username, identities } = contact;
  const [first] = identities.flatMap((one) => one.said ?? []);
  const where = [...new Set(identities.map((one) => names?.find(({ id }) => id === one.channel)?.name ?? one.channel))].join(", ");
  return phone ?? email ?? (username ? `@${username}` : (first ?? where));
}
