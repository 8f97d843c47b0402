import type { QueryClient } from "@tanstack/react-query";

import { conversationKeys } from "@/api/conversations";
import { messageKeys } from "@/api/messages";
import { useSession } from "@/api/session";
import type { Conversation } from "@/api/types";
import { type ConversationPages, upsertConversation } from "./conversation-pages";
import { type HeldMessage, type MessagePages, upsertMessage } from "./message-pages";

/** Writes a conversation's state wherever it is shown. An older version than the shown one is dropped. */
export function holdConversation(client: QueryClient, conversation: Conversation): void {
  const me = useSession.getState().user?.id;
  client.setQueryData<Conversation>(conversationKeys.one(conversation.id), (held) =>
    held && held.version > conversation.version ? held : conversation,
  );
  for (const [key, pages] of client.getQueriesData<ConversationPages>({ queryKey: conversationKeys.lists })) {
    const next = upsertConversation(pages, (key[1] ?? {}), conversation, me);
    if (next !== pages) client.setQueryData(key, next);
  }
}

/** The shown state of a conversation, from wherever it is held. */
export function heldConversation(client: QueryClient, id: string): Conversation | undefined {
  const one = client.getQueryData<Conversation>(conversationKeys.one(id));
  if (one) return one;
  for (const [, pages] of client.getQueriesData<ConversationPages>({ queryKey: conversationKeys.lists })) {
    const found = pages?.pages.flatMap((page) => page.data).find((row) => row.id === id);
    if (found) return found;
  }
  return undefined;
}

export function holdMessage(client: QueryClient, message: HeldMessage): void {
  changeMessages(client, message.conversation_id, (pages) => upsertMessage(pages, message));
}

export function changeMessages(client: QueryClient, conversationId: string, change: (pages: MessagePages | undefined) => MessagePages | undefined): void {
  client.setQueryData<MessagePages>(messageKeys.of(conversationId), change);
}
