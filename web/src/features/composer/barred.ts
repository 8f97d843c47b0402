import type { Abilities, Contact, Conversation } from "@/api/types";
import type { Window } from "./window";

/** Why nothing can be written to the customer now. The server refuses it in any case; this says so before somebody has written. */
export type Bar = "blocked" | "unreachable" | "opted_out" | "no_texts" | "window";

export function barOf(conversation: Conversation, contact: Contact | undefined, abilities: Abilities | undefined, window: Window): Bar | undefined {
  if (conversation.contact.blocked) return "blocked";
  if (abilities && abilities.text.max === 0 && abilities.media.length === 0) return "no_texts";
  if (!conversation.contact.reachable) return "unreachable";
  if (contact && optedOut(contact, conversation.channel)) return "opted_out";
  return window.state === "closed" ? "window" : undefined;
}

/** Since when the customer wants no messages on the channel, at none of their addresses there. */
export function optedOut(contact: Pick<Contact, "identities">, channel: string): string | undefined {
  const there = contact.identities.filter((one) => one.channel === channel);
  const since = there.flatMap((one) => one.opted_out_at ?? []);
  return there.length > 0 && since.length === there.length ? since.sort().at(-1) : undefined;
}
