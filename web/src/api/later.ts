import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { Problem } from "./problem";
import type { Page, ScheduledMessage, SendRequest } from "./types";

export const laterKeys = { of: (conversationId: string) => ["scheduled", conversationId] as const };

/** Messages of a conversation that wait for their time. */
export function scheduledMessages(conversationId: string) {
  return queryOptions({
    queryKey: laterKeys.of(conversationId),
    queryFn: async ({ signal }) =>
      (await body<Page<ScheduledMessage>>(api.GET("/api/v1/conversations/{id}/scheduled-messages", { params: { path: { id: conversationId } }, signal }))).data,
    staleTime: 60_000,
  });
}

export function scheduleMessage(conversationId: string, message: SendRequest, at: string): Promise<ScheduledMessage> {
  return body<ScheduledMessage>(api.POST("/api/v1/conversations/{id}/scheduled-messages", { params: { path: { id: conversationId } }, body: { send_at: at, message } }));
}

export function postponeMessage(id: string, at: string): Promise<ScheduledMessage> {
  return body<ScheduledMessage>(api.PATCH("/api/v1/scheduled-messages/{id}", { params: { path: { id } }, body: { send_at: at } }));
}

export async function cancelScheduled(id: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/scheduled-messages/{id}", { params: { path: { id } } });
  if (!response.ok) throw Problem.from(response.status, error);
}
