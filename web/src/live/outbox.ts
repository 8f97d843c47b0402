import type { QueryClient } from "@tanstack/react-query";

import { postMessage } from "@/api/messages";
import { Problem } from "@/api/problem";
import { useSession } from "@/api/session";
import type { Attachment, Conversation, Message, Quote, SendRequest } from "@/api/types";
import { changeMessages, heldConversation, holdConversation, holdMessage } from "./cache";
import { patchMessage, removeMessage, type HeldMessage } from "./message-pages";

/** What the screen shows of a message before the server has it. */
export interface Preview {
  attachments?: Attachment[];
  reply_to?: Quote | null;
  kind?: string;
  text?: string;
}

/** Shows the message at once and sends it; a refusal stays on the message, with a way to try again. */
export async function sendMessage(client: QueryClient, conversationId: string, request: SendRequest, preview: Preview = {}): Promise<void> {
  holdMessage(client, draft(conversationId, request, preview));
  touchRow(client, conversationId, request, preview);
  await transmit(client, conversationId, request);
}

/** Sends again what the server has not taken. The client id is the same, so that a lost answer makes no second message. */
export async function sendAgain(client: QueryClient, message: HeldMessage): Promise<void> {
  const { local } = message;
  if (!local) return;
  // Whoever sends again has the newer messages on the screen.
  const request: SendRequest = local.code === "stale" ? { ...local.request, force: true } : local.request;
  changeMessages(client, message.conversation_id, (pages) => patchMessage(pages, message.id, (held) => ({ ...held, local: { state: "sending", request } })));
  await transmit(client, message.conversation_id, request);
}

export function discard(client: QueryClient, message: HeldMessage): void {
  changeMessages(client, message.conversation_id, (pages) => removeMessage(pages, message.id));
}

async function transmit(client: QueryClient, conversationId: string, request: SendRequest): Promise<void> {
  try {
    holdMessage(client, await postMessage(conversationId, request));
  } catch (error) {
    const problem = error instanceof Error ? error.message : "It was not sent.";
    const code = error instanceof Problem ? error.code : undefined;
    changeMessages(client, conversationId, (pages) =>
      patchMessage(pages, request.client_id, (held) => ({ ...held, local: { state: "failed", problem, code, request } })),
    );
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
    parts: request.buttons ? [{ type: "buttons", buttons: request.buttons, list: false }] : [],
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
    late: false,
    sent_at: now,
    created_at: now,
    edited_at: null,
    deleted_at: null,
    local: { state: "sending", request },
  };
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
