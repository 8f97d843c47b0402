import type { Conversation } from "@/api/types";
import { unmarked } from "@/lib/text";

const named: Record<string, string> = {
  image: "Photo",
  video: "Video",
  audio: "Voice or audio",
  document: "Document",
  sticker: "Sticker",
  location: "Location",
  contacts: "Contact card",
  call: "Call",
  payment: "Payment",
  unsupported: "Unsupported message",
};

/** One line of the last message, without who said it. */
export function snippet(last: Conversation["last_message"]): string {
  if (!last) return "No messages yet";
  const name = named[last.kind];
  // What customers write stands as they wrote it: its marks are ranges, not characters.
  const text = (last.direction === "inbound" ? last.text : unmarked(last.text)).replace(/\s+/g, " ").trim();
  // A call's text is its headline.
  if (!name || (last.kind === "call" && text)) return text || "Message";
  return text ? `${name}: ${text}` : name;
}

/** Whether somebody waits to be called back. */
export function wasMissed(last: Conversation["last_message"]): boolean {
  return last?.kind === "call" && last.direction === "inbound" && /^(Missed call|Voicemail)/.test(last.text);
}

/** Who said it, in front of the line; nothing for the contact. */
export function speaker(conversation: Conversation, me: string | undefined): string {
  const last = conversation.last_message;
  if (!last || last.direction === "inbound" || last.kind === "system") return "";
  if (last.direction === "internal") return "Note: ";
  if (!last.sender_name || last.sender_name === me) return "You: ";
  return `${last.sender_name.split(" ")[0] ?? ""}: `;
}
