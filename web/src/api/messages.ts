import { type InfiniteData, infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";

import { api, body } from "./client";
import type { Attachment, Message, Page, SendRequest } from "./types";

export const messageKeys = {
  all: ["messages"] as const,
  of: (conversationId: string) => ["messages", conversationId] as const,
};

/** Which messages a page holds: those on one side of a number, or on both. Undefined: the newest. */
export type MessageWindow = { from: number; direction: "older" | "newer" | "around" } | undefined;

/** A page of a conversation. `next_cursor` leads to older messages; `newer` tells that the conversation goes on behind it. */
export interface MessagePage extends Page<Message> {
  newer?: boolean;
}

const pageOf = 50;

export async function fetchMessages(conversationId: string, window: MessageWindow, limit = pageOf, signal?: AbortSignal): Promise<MessagePage> {
  const query = window === undefined ? {} : window.direction === "around" ? { around: window.from } : { from: window.from, direction: window.direction };
  const page = await body<Page<Message>>(api.GET("/api/v1/conversations/{id}/messages", { params: { path: { id: conversationId }, query: { ...query, limit } }, signal }));
  const { oldest, newest } = ends(page);
  if (window?.direction === "newer") return { data: page.data, next_cursor: String(oldest), newer: page.next_cursor !== null };
  // A page around a number tells no cursors; messages are numbered from 1 without gaps.
  if (window?.direction === "around") return { data: page.data, next_cursor: oldest > 1 ? String(oldest) : null, newer: newest > window.from };
  return page;
}

/** Messages of a conversation, newest page first; `first` is how many the first page should hold. */
export function messageList(conversationId: string, first = pageOf) {
  return infiniteQueryOptions({
    queryKey: messageKeys.of(conversationId),
    queryFn: async ({ pageParam, signal, client }) => {
      const page = await fetchMessages(conversationId, pageParam, pageParam ? pageOf : Math.min(200, first), signal);
      if (pageParam?.direction === "older") return page;
      const kept = unsent(client, conversationId).filter((one) => !page.data.some((message) => message.client_id === one.client_id));
      return kept.length ? { ...page, data: [...page.data, ...kept] } : page;
    },
    initialPageParam: undefined as MessageWindow,
    getNextPageParam: (page): MessageWindow => (page.next_cursor ? { direction: "older", from: ends(page).oldest } : undefined),
    getPreviousPageParam: (page): MessageWindow => (page.newer ? { direction: "newer", from: ends(page).newest } : undefined),
    staleTime: 60_000,
  });
}

/** What this browser holds and the server does not: it stays when the pages are fetched anew. */
function unsent(client: QueryClient, conversationId: string): Message[] {
  const held = client.getQueryData<InfiniteData<MessagePage>>(messageKeys.of(conversationId));
  return (held?.pages[0]?.data ?? []).filter((message) => "local" in message && message.local !== undefined);
}

/** The lowest and the highest number on a page; unsent messages have none. */
function ends(page: Page<Message>): { oldest: number; newest: number } {
  const numbers = page.data.map((message) => message.seq).filter((seq) => seq < Number.MAX_SAFE_INTEGER);
  return { oldest: Math.min(...numbers), newest: Math.max(0, ...numbers) };
}

export function fetchMessage(id: string): Promise<Message> {
  return body<Message>(api.GET("/api/v1/messages/{id}", { params: { path: { id } } }));
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
