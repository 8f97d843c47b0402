import { api, body } from "./client";
import type { Message } from "./types";

export type CallAct = "hangup" | "hold" | "resume";

/** Calls the customer: the member's own browser or telephone rings first. */
export function startCall(conversationId: string, clientId: string, to?: string): Promise<Message> {
  return body<Message>(api.POST("/api/v1/conversations/{id}/calls", { params: { path: { id: conversationId } }, body: { client_id: clientId, to } }));
}

/** Asks the platform; how the call goes on is told by its message. */
export function changeCall(messageId: string, act: CallAct): Promise<Message> {
  const params = { params: { path: { id: messageId } } };
  if (act === "hangup") return body<Message>(api.POST("/api/v1/calls/{id}/hangup", params));
  if (act === "hold") return body<Message>(api.POST("/api/v1/calls/{id}/hold", params));
  return body<Message>(api.POST("/api/v1/calls/{id}/resume", params));
}
