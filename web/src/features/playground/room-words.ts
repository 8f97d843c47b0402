import type { RoomMessage } from "./types";

export interface RoomThread {
  root: RoomMessage;
  replies: RoomMessage[];
}

/** What is said in the channel, each beginning with its answers, oldest first. */
export function threadsOf(messages: RoomMessage[]): RoomThread[] {
  return messages.filter((one) => !one.thread || one.thread === one.id).map((root) => ({ root, replies: messages.filter((one) => one.thread === root.id && one.id !== root.id) }));
}

/** Slack's markup as plain words: stars go, links become what they are called, and its three escapes are taken back. */
export function words(text: string): string {
  const named = text.replace(/<(?:https?|mailto):[^|>]+\|([^>]+)>/g, "$1").replace(/<((?:https?|mailto):[^>]+)>/g, "$1").replace(/\*([^*\n]+)\*/g, "$1");
  return named.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
