import { infiniteQueryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import type { Attachment, Message, Page, SendRequest } from "./types";

export const messageKeys = {
  all: ["messages"] as const,
  of: (conversationId: string) => ["messages", conversationId] as const,
};

/** Messages of a conversation, newest page first; `first` is how many the first page should hold. */
export function messageList(conversationId: string, first = 50) {
  return infiniteQueryOptions({
    queryKey: messageKeys.of(conversationId),
    queryFn: ({ pageParam, signal }) =>
      body<Page<Message>>(
        api.GET("/api/v1/conversations/{id}/messages", {
          params: { path: { id: conversationId }, query: { cursor: pageParam, limit: pageParam ? 50 : Math.min(200, first) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 60_000,
  });
}

export function messageSearch(q: string) {
  return infiniteQueryOptions({
    queryKey: ["message-search", q] as const,
    queryFn: ({ pageParam, signal }) => body<Page<Message>>(api.GET("/api/v1/messages", { params: { query: { q, cursor: pageParam, limit: 30 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function postMessage(conversationId: string, request: SendRequest): Promise<Message> {
  return body<Message>(api.POST("/api/v1/conversations/{id}/messages", { params: { path: { id: conversationId } }, body: request }));
}

export function retryMessage(id: string): Promise<Message> {
  return body<Message>(api.POST("/api/v1/messages/{id}/retry", { params: { path: { id } } }));
}

export function editMessage(id: string, text: string): Promise<Message> {
  return body<Message>(api.PATCH("/api/v1/messages/{id}", { params: { path: { id } }, body: { text } }));
}

export function deleteMessage(id: string): Promise<Message> {
  return body<Message>(api.DELETE("/api/v1/messages/{id}", { params: { path: { id } } }));
}

/** An empty emoji takes the reaction back. */
export function react(id: string, emoji: string): Promise<Message> {
  return body<Message>(api.POST("/api/v1/messages/{id}/reactions", { params: { path: { id } }, body: { emoji } }));
}

export function retryAttachment(id: string): Promise<Attachment> {
  return body<Attachment>(api.POST("/api/v1/attachments/{id}/retry", { params: { path: { id } } }));
}
