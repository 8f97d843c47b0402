import type { QueryClient } from "@tanstack/react-query";

import { conversationKeys } from "@/api/conversations";
import { messageKeys } from "@/api/messages";
import { useSession } from "@/api/session";
import type { Conversation } from "@/api/types";
import { type ConversationPages, upsertConversation } from "./conversation-pages";
import { changeHeld } from "./meanwhile";
import { type HeldMessage, type MessagePages, upsertMessage } from "./message-pages";

/** Writes a conversation's state wherever it is shown. An older version than the shown one is dropped. */
export function holdConversation(client: QueryClient, conversation: Conversation): void {
  const me = useSession.getState().user?.id;
  changeHeld<Conversation>(client, conversationKeys.one(conversation.id), (held) => (held && held.version > conversation.version ? held : conversation));
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: conversationKeys.lists })) {
    changeHeld<ConversationPages>(client, queryKey, (pages) => upsertConversation(pages, queryKey[1] ?? {}, conversation, me));
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
  changeHeld(client, messageKeys.of(conversationId), change);
}
