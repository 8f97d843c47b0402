import { dayKey } from "@/lib/time";
import { useUnfoldedPictures } from "@/lib/facts/unfolded-pictures";
import type { HeldMessage } from "@/live/message-pages";
import { continues, seen } from "./gallery";

/** What stands in a thread, from top to bottom. */
export type ThreadRow =
  | { type: "day"; key: string; at: string }
  | { type: "unread"; key: string }
  | { type: "message"; key: string; message: HeldMessage; first: boolean; last: boolean }
  | { type: "gallery"; key: string; messages: HeldMessage[]; first: boolean; last: boolean };

const together = 5 * 60_000;

/**
 * Lays messages out: a divider before each day, one before the first inbound message above `readSeq`, and groups of one
 * sender within five minutes of each other; pictures in a row stand together. Without `readSeq` there is no divider for what is new.
 */
export function threadRows(messages: HeldMessage[], readSeq?: number): ThreadRow[] {
  const rows: ThreadRow[] = [];
  const firstUnread = readSeq === undefined ? undefined : messages.find((message) => message.direction === "inbound" && message.seq > readSeq);
  for (let index = 0; index < messages.length; ) {
    const message = messages[index];
    if (!message) break;
    const before = messages[index - 1];
    const newDay = !before || !sameDay(before, message);
    if (newDay) rows.push({ type: "day", key: `day-${dayKey(message.sent_at)}-${message.id}`, at: message.sent_at });
    if (message === firstUnread) rows.push({ type: "unread", key: "unread" });
    const set = [message];
    for (let next = messages[index + 1]; next && next !== firstUnread && sameDay(message, next) && continues(set, next); next = messages[index + set.length]) set.push(next);
    index += set.length;
    const after = messages[index];
    const last = set.at(-1) ?? message;
    const place = {
      // The client's id from the first moment on: an own message keeps its place and its measure when the server names it.
      key: message.client_id ?? message.id,
      first: newDay || message === firstUnread || !grouped(before, message),
      last: !after || !sameDay(last, after) || !grouped(last, after),
    };
    rows.push(set.length > 1 ? { type: "gallery", messages: set, ...place } : { type: "message", message, ...place });
  }
  return rows;
}

/** The row in which a message stands; -1 for none. */
export function rowOf(rows: ThreadRow[], messageId: string): number {
  return rows.findIndex((row) => (row.type === "message" ? row.message.id === messageId : row.type === "gallery" && row.messages.some((message) => message.id === messageId)));
}

/** Somebody is led to a message: a set that hides it shows all of its pictures. */
export function unfoldTo(row: ThreadRow | undefined, messageId: string): void {
  if (row?.type !== "gallery") return;
  const pictures = row.messages.flatMap((message) => message.attachments.map((attachment) => ({ of: message.id, id: attachment.id })));
  const [first] = pictures;
  if (first && pictures.findIndex((one) => one.of === messageId) >= seen) useUnfoldedPictures.getState().turn(first.id, true);
}

function sameDay(a: HeldMessage, b: HeldMessage): boolean {
  return dayKey(a.sent_at) === dayKey(b.sent_at);
}

/** Whether two neighbours share one time and one name. */
export function grouped(a: HeldMessage | undefined, b: HeldMessage): boolean {
  if (!a || a.direction !== b.direction || a.sender.id !== b.sender.id || a.sender.kind !== b.sender.kind) return false;
  if (a.kind === "system" || b.kind === "system" || a.direction === "internal") return false;
  return Math.abs(new Date(b.sent_at).getTime() - new Date(a.sent_at).getTime()) <= together;
}
