import type { CallPart, Conversation, LiveCall, Message } from "@/api/types";

const live = new Set<CallPart["state"]>(["queued", "ringing", "in_progress", "on_hold"]);

/** What the message tells of its call. */
export function callOf(message: Pick<Message, "parts">): CallPart | undefined {
  return message.parts.find((part) => part.type === "call");
}

/** Whether the call goes on; one that could not even be begun does not. */
export function goesOn(message: Pick<Message, "parts" | "status">): boolean {
  const call = callOf(message);
  return call !== undefined && live.has(call.state) && message.status !== "failed";
}

/** The calls with this one's news: it joins them, changes, or leaves them. */
export function upsertCall(calls: LiveCall[] | undefined, message: Message, conversation: Conversation | undefined): LiveCall[] | undefined {
  // Whoever has not asked for them needs no news of them.
  if (!calls) return undefined;
  const before = calls.find((one) => one.message.id === message.id);
  if (!goesOn(message)) return before ? calls.filter((one) => one !== before) : calls;
  const place = conversation ?? before?.conversation;
  if (!place) return calls;
  const told = { message, conversation: place };
  return before ? calls.map((one) => (one === before ? told : one)) : [...calls, told];
}
