import type { InfiniteData } from "@tanstack/react-query";

import type { Message, MessageStatus, SendRequest } from "@/api/types";

/** Who spoke while a message was being written. */
export interface Meanwhile {
  name?: string;
  at?: string;
}

/** A message as this browser holds it: `local` while the server has not taken it. */
export type HeldMessage = Message & { local?: { state: "sending" | "failed"; problem?: string; code?: string; request: SendRequest; send?: () => Promise<Message>; meanwhile?: Meanwhile } };

type Page = { data: HeldMessage[]; next_cursor?: string | null; newer?: boolean };
export type MessagePages = InfiniteData<Page, unknown>;

/** All messages of the loaded pages in order; unsent ones last. */
export function inOrder(pages: MessagePages | undefined): HeldMessage[] {
  const all = new Map<string, HeldMessage>();
  for (const page of pages?.pages ?? []) for (const message of page.data) all.set(message.id, message);
  return [...all.values()].sort((a, b) => a.seq - b.seq || a.created_at.localeCompare(b.created_at));
}

/**
 * Puts a message in place of what it continues: the same id, or our own unsent copy with its client id. A message that
 * is older or newer than every loaded page stays out, unless all pages on that side are loaded.
 */
export function upsertMessage(pages: MessagePages | undefined, message: HeldMessage): MessagePages | undefined {
  if (!pages?.pages.length) return pages;
  let placed = false;
  const next = pages.pages.map((page) => {
    const data: HeldMessage[] = [];
    for (const held of page.data) {
      if (held.id === message.id) {
        if (!placed) data.push(newer(held, message));
        placed = true;
      } else if (!isCopy(held, message)) data.push(held);
    }
    return { ...page, data };
  });
  const first = next[0];
  if (!placed && first && isWithin(next, message)) next[0] = { ...first, data: [message, ...first.data] };
  return { ...pages, pages: next };
}

/** Changes one message, or nothing when it is not loaded. */
export function patchMessage(pages: MessagePages | undefined, id: string, patch: (message: HeldMessage) => HeldMessage): MessagePages | undefined {
  return pages && { ...pages, pages: pages.pages.map((page) => ({ ...page, data: page.data.map((held) => (held.id === id ? patch(held) : held)) })) };
}

export function removeMessage(pages: MessagePages | undefined, id: string): MessagePages | undefined {
  return pages && { ...pages, pages: pages.pages.map((page) => ({ ...page, data: page.data.filter((held) => held.id !== id) })) };
}

/** What an event tells of a message's way. */
export type Told = Pick<Message, "status_history" | "error" | "external_id"> & { status: MessageStatus };

/** Takes a status unless more of the message's way is known already: stations are only ever added. */
export function withStatus(message: HeldMessage, told: Told): HeldMessage {
  if (told.status_history.length <= message.status_history.length) return message;
  const { status, status_history, error } = told;
  return { ...message, status, status_history, error, external_id: told.external_id ?? message.external_id };
}

/** Of two snapshots the one that knows more of the message's way; answers and events may cross on the wire. */
function newer(held: HeldMessage, message: HeldMessage): HeldMessage {
  if (held.status_history.length <= message.status_history.length) return message;
  return { ...message, status: held.status, status_history: held.status_history, error: held.error };
}

function isCopy(held: HeldMessage, message: HeldMessage): boolean {
  return held.local !== undefined && held.local.request.client_id === message.client_id && held.id !== message.id;
}

function isWithin(pages: Page[], message: HeldMessage): boolean {
  if (message.local) return true;
  const numbers = pages.flatMap((page) => page.data.filter((held) => !held.local).map((held) => held.seq));
  if (pages[0]?.newer && message.seq > Math.max(...numbers)) return false;
  return !pages[pages.length - 1]?.next_cursor || message.seq >= Math.min(...numbers);
}
