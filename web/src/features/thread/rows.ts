import { dayKey } from "@/lib/time";
import type { HeldMessage } from "@/live/message-pages";

/** What stands in a thread, from top to bottom. */
export type ThreadRow =
  | { type: "day"; key: string; at: string }
  | { type: "unread"; key: string }
  | { type: "message"; key: string; message: HeldMessage; first: boolean; last: boolean };

const together = 5 * 60_000;

/**
 * Lays messages out: a divider before each day, one before the first inbound message above `readSeq`, and groups of one
 * sender within five minutes of each other. Without `readSeq` there is no divider for what is new.
 */
export function threadRows(messages: HeldMessage[], readSeq?: number): ThreadRow[] {
  const rows: ThreadRow[] = [];
  let divided = readSeq === undefined;
  for (const [index, message] of messages.entries()) {
    const before = messages[index - 1];
    const after = messages[index + 1];
    const newDay = !before || dayKey(before.sent_at) !== dayKey(message.sent_at);
    if (newDay) rows.push({ type: "day", key: `day-${dayKey(message.sent_at)}-${message.id}`, at: message.sent_at });
    const unread = !divided && message.direction === "inbound" && message.seq > (readSeq ?? 0);
    if (unread) {
      rows.push({ type: "unread", key: "unread" });
      divided = true;
    }
    rows.push({
      type: "message",
      // The client's id from the first moment on: an own message keeps its place and its measure when the server names it.
      key: message.client_id ?? message.id,
      message,
      first: newDay || unread || !grouped(before, message),
      last: !after || dayKey(after.sent_at) !== dayKey(message.sent_at) || !grouped(message, after),
    });
  }
  return rows;
}

/** Whether two neighbours share one time and one name. */
export function grouped(a: HeldMessage | undefined, b: HeldMessage): boolean {
  if (!a || a.direction !== b.direction || a.sender.id !== b.sender.id || a.sender.kind !== b.sender.kind) return false;
  if (a.kind === "system" || b.kind === "system" || a.direction === "internal") return false;
  return Math.abs(new Date(b.sent_at).getTime() - new Date(a.sent_at).getTime()) <= together;
}
