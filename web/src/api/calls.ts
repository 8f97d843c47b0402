import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import type { Conversation, LiveCall, Message, Page, Phone, VoiceToken } from "./types";

export const callKeys = { live: ["calls"] as const, phones: ["phones"] as const };

/** Calls that go on; kept up to date by what the socket tells. */
export function liveCalls() {
  return queryOptions({
    queryKey: callKeys.live,
    queryFn: async ({ signal }) => (await body<Page<LiveCall>>(api.GET("/api/v1/calls", { signal }))).data,
    staleTime: Infinity,
  });
}

/** Accounts that take calls. */
export function phones() {
  return queryOptions({
    queryKey: callKeys.phones,
    queryFn: async ({ signal }) => (await body<Page<Phone>>(api.GET("/api/v1/phones", { signal }))).data,
    staleTime: 5 * 60_000,
  });
}

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

/** Takes an incoming call: in the browser, at a number, or `here` where this browser's telephone has it already. */
export function answerCall(messageId: string, to: string): Promise<Message> {
  return body<Message>(api.POST("/api/v1/calls/{id}/answer", { params: { path: { id: messageId } }, body: { to } }));
}

/** To a member, by id, or to a number. */
export function transferCall(messageId: string, to: string): Promise<Message> {
  return body<Message>(api.POST("/api/v1/calls/{id}/transfer", { params: { path: { id: messageId } }, body: { to } }));
}

/** What makes this browser a telephone of the account, for about an hour. */
export function voiceToken(integrationId: string): Promise<VoiceToken> {
  return body<VoiceToken>(api.POST("/api/v1/integrations/{id}/voice-token", { params: { path: { id: integrationId } } }));
}

/** The contact's conversation on that account: the one that goes on, or a new one. */
export function openConversation(contactId: string, integrationId: string): Promise<Conversation> {
  return body<Conversation>(api.POST("/api/v1/conversations", { body: { contact_id: contactId, integration_id: integrationId } }));
}

/** Calls the contact on that account; the call shows up in the conversation that they have there. */
export async function callContact(contactId: string, phone: Pick<Phone, "integration_id" | "browser">, ownNumber: string): Promise<Message> {
  const conversation = await openConversation(contactId, phone.integration_id);
  return startCall(conversation.id, crypto.randomUUID(), leg(phone, ownNumber));
}

/** Whose line rings first: the browser, or the member's own telephone where browsers are none. */
export function leg(phone: Pick<Phone, "browser">, ownNumber: string): string | undefined {
  return phone.browser ? undefined : ownNumber || undefined;
}
