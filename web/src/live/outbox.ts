import type { QueryClient } from "@tanstack/react-query";

import { messageKeys, postMessage } from "@/api/messages";
import { Problem } from "@/api/problem";
import { useSession } from "@/api/session";
import type { Attachment, Conversation, Message, Part, Quote, SendRequest } from "@/api/types";
import { changeMessages, heldConversation, holdConversation, holdMessage } from "./cache";
import { endLoaded, toEnd } from "./jump";
import { patchMessage, removeMessage, type HeldMessage, type Meanwhile } from "./message-pages";

/** What the screen shows of a message before the server has it. */
export interface Preview {
  attachments?: Attachment[];
  reply_to?: Quote | null;
  kind?: string;
  text?: string;
  parts?: Part[];
  /** How it is sent, where that is no message of the usual kind. */
  send?: () => Promise<Message>;
}

/** Shows the message at once and sends it; a refusal stays on the message, with a way to try again. Tells whether the server took it. */
export async function sendMessage(client: QueryClient, conversationId: string, request: SendRequest, preview: Preview = {}): Promise<boolean> {
  // Whoever answers while reading what is old goes back to the end, where the answer will stand.
  if (!endLoaded(client, conversationId)) await toEnd(client, conversationId).catch(() => undefined);
  holdMessage(client, draft(conversationId, request, preview));
  touchRow(client, conversationId, request, preview);
  return transmit(client, conversationId, request, preview.send);
}

/**
 * Sends again what the server has not taken. The client id is the same, so that a lost answer makes no second message.
 * `seen` says that the author has seen what was said meanwhile.
 */
export async function sendAgain(client: QueryClient, message: HeldMessage, seen = false): Promise<void> {
  if (!message.local) return;
  const newest = heldConversation(client, message.conversation_id)?.last_seq;
  const local = { ...message.local, request: seen ? { ...message.local.request, last_seen_seq: newest } : message.local.request };
  changeMessages(client, message.conversation_id, (pages) =>
    patchMessage(pages, message.id, (held) => ({ ...held, local: { state: "sending", request: local.request, send: local.send } })),
  );
  await transmit(client, message.conversation_id, local.request, local.send);
}

export function discard(client: QueryClient, message: HeldMessage): void {
  changeMessages(client, message.conversation_id, (pages) => removeMessage(pages, message.id));
}

async function transmit(client: QueryClient, conversationId: string, request: SendRequest, send = () => postMessage(conversationId, request)): Promise<boolean> {
  try {
    holdMessage(client, await send());
    return true;
  } catch (error) {
    const problem = error instanceof Error ? error.message : "It was not sent.";
    const { code, current } = error instanceof Problem ? error : {};
    changeMessages(client, conversationId, (pages) =>
      patchMessage(pages, request.client_id, (held) => ({ ...held, local: { state: "failed", problem, code, request, send: held.local?.send, meanwhile: code === "stale" ? said(current) : undefined } })),
    );
    // What was said meanwhile is shown, so that it can be reviewed.
    if (code === "stale") void client.invalidateQueries({ queryKey: messageKeys.of(conversationId) });
    return false;
  }
}

function draft(conversationId: string, request: SendRequest, preview: Preview): HeldMessage {
  const { user } = useSession.getState();
  const now = new Date().toISOString();
  return {
    id: request.client_id,
    client_id: request.client_id,
    seq: Number.MAX_SAFE_INTEGER,
    conversation_id: conversationId,
    direction: request.note ? "internal" : "outbound",
    kind: preview.kind ?? "text",
    text: preview.text ?? request.text ?? "",
    parts: preview.parts ?? partsOf(request),
    attachments: preview.attachments ?? [],
    reactions: [],
    reply_to: preview.reply_to ?? null,
    sender: { kind: "member", id: user?.id ?? null, name: user?.name ?? null },
    status: request.note ? null : "queued",
    status_history: [],
    error: null,
    external_id: null,
    album: null,
    forwarded: false,
    past: false,
    late: false,
    sent_at: now,
    created_at: now,
    edited_at: null,
    deleted_at: null,
    local: { state: "sending", request, send: preview.send },
  };
}

function partsOf({ buttons, list, location, header, footer }: SendRequest): Part[] {
  const parts: Part[] = [];
  if (location) parts.push({ type: "location", latitude: location.latitude, longitude: location.longitude, name: location.name ?? null, address: location.address ?? null, live: false });
  if (buttons) parts.push({ type: "buttons", buttons, list: list ?? false, header, footer });
  return parts;
}

/** The newest of the messages that the server says the author had not seen. */
function said(current: unknown): Meanwhile | undefined {
  const newest = (current as { messages?: Pick<Message, "sender" | "sent_at">[] } | undefined)?.messages?.at(-1);
  return newest && { name: newest.sender.name ?? undefined, at: newest.sent_at };
}

function touchRow(client: QueryClient, conversationId: string, request: SendRequest, preview: Preview): void {
  const held: Conversation | undefined = heldConversation(client, conversationId);
  if (!held || request.note) return;
  const last: Conversation["last_message"] = {
    id: request.client_id,
    seq: held.last_seq + 1,
    direction: "outbound",
    kind: preview.kind ?? "text",
    text: preview.text ?? request.text ?? "",
    sender_name: useSession.getState().user?.name ?? null,
    status: "queued" satisfies Message["status"],
  };
  holdConversation(client, { ...held, last_message: last, last_message_at: new Date().toISOString() });
}
