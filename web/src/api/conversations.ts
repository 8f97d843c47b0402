import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import type { Conversation, ConversationChange, ConversationFilter, ConversationOutcome, ConversationsChange, Counts, Page } from "./types";

export const conversationKeys = {
  lists: ["conversations"] as const,
  list: (filter: ConversationFilter) => ["conversations", filter] as const,
  one: (id: string) => ["conversation", id] as const,
  counts: ["conversation-counts"] as const,
};

export function conversationList(filter: ConversationFilter) {
  return infiniteQueryOptions({
    queryKey: conversationKeys.list(filter),
    queryFn: ({ pageParam, signal }) =>
      body<Page<Conversation>>(api.GET("/api/v1/conversations", { params: { query: { ...filter, cursor: pageParam, limit: 50 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function conversation(id: string) {
  return queryOptions({
    queryKey: conversationKeys.one(id),
    queryFn: ({ signal }) => body<Conversation>(api.GET("/api/v1/conversations/{id}", { params: { path: { id } }, signal })),
  });
}

export function conversationCounts() {
  return queryOptions({
    queryKey: conversationKeys.counts,
    queryFn: ({ signal }) => body<Counts>(api.GET("/api/v1/conversations/counts", { signal })),
  });
}

export function patchConversation(id: string, change: ConversationChange): Promise<Conversation> {
  return body<Conversation>(api.PATCH("/api/v1/conversations/{id}", { params: { path: { id } }, body: change }));
}

export function markUnread(id: string): Promise<Conversation> {
  return body<Conversation>(api.POST("/api/v1/conversations/{id}/unread", { params: { path: { id } } }));
}

export function markRead(id: string, seq: number): Promise<Conversation> {
  return body<Conversation>(api.POST("/api/v1/conversations/{id}/read", { params: { path: { id } }, body: { seq } }));
}

/** Changes up to 200 conversations; each has its own outcome. */
export async function patchConversations(ids: string[], change: ConversationsChange): Promise<ConversationOutcome[]> {
  const page = await body<Page<ConversationOutcome>>(api.PATCH("/api/v1/conversations/bulk", { body: { ids, ...change } }));
  return page.data;
}
