import type { Attachment } from "@/api/types";
import type { HeldMessage } from "@/live/message-pages";

/** Pictures sent one after the other belong together up to this pause. */
const pause = 60_000;

/** How many pictures of a folded set are seen. */
export const seen = 4;

/** Whether a message is pictures and films, and nothing that needs a place of its own: no quote, no card, no trouble. */
function isPictures(message: HeldMessage): boolean {
  const { attachments, parts, status, local, deleted_at: deleted, direction, kind } = message;
  if (deleted || direction === "internal" || kind === "system" || status === "failed" || local?.state === "failed") return false;
  return attachments.length > 0 && attachments.every(isTile) && parts.every((part) => part.type === "format");
}

/** What can stand in a set; what could not be fetched stands alone, with its reason. */
export function isTile({ kind, state }: Attachment): boolean {
  return (kind === "image" || kind === "video") && state !== "failed";
}

/**
 * Whether a message goes on with the set that these begin: one album of the platform, or pictures of one sender in quick
 * succession. A set without an album has one caption, on its first or its last picture.
 */
export function continues(set: HeldMessage[], message: HeldMessage): boolean {
  const [first] = set;
  const last = set.at(-1);
  if (!first || !last || !isPictures(first) || !isPictures(message)) return false;
  if (first.direction !== message.direction || first.sender.kind !== message.sender.kind || first.sender.id !== message.sender.id) return false;
  if (first.forwarded !== message.forwarded || (message.reply_to && message.reply_to.id !== first.reply_to?.id)) return false;
  if (first.album ?? message.album) return first.album === message.album;
  const captioned = set.filter((one) => one.text !== "");
  if (message.text ? captioned.length > 0 : captioned.some((one) => one !== first)) return false;
  return Math.abs(new Date(message.sent_at).getTime() - new Date(last.sent_at).getTime()) <= pause;
}
