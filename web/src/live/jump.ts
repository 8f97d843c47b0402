import type { QueryClient } from "@tanstack/react-query";

import { fetchMessage, fetchMessages, messageKeys, type MessageWindow } from "@/api/messages";
import { inOrder, type MessagePages } from "./message-pages";

/** Shows the part of a conversation in which a message stands, whatever lies between it and what was shown. */
export async function jumpTo(client: QueryClient, conversationId: string, messageId: string): Promise<void> {
  const { seq } = await fetchMessage(messageId);
  await showWindow(client, conversationId, { direction: "around", from: seq });
}

/** Back to the newest messages, when the end of the conversation is not loaded. */
export async function toEnd(client: QueryClient, conversationId: string): Promise<void> {
  if (!endLoaded(client, conversationId)) await showWindow(client, conversationId, undefined);
}

export function endLoaded(client: QueryClient, conversationId: string): boolean {
  return !client.getQueryData<MessagePages>(messageKeys.of(conversationId))?.pages[0]?.newer;
}

async function showWindow(client: QueryClient, conversationId: string, window: MessageWindow): Promise<void> {
  const key = messageKeys.of(conversationId);
  const page = await fetchMessages(conversationId, window);
  await client.cancelQueries({ queryKey: key });
  const unsent = inOrder(client.getQueryData<MessagePages>(key)).filter((message) => message.local);
  client.setQueryData<MessagePages>(key, { pages: [{ ...page, data: [...page.data, ...unsent] }], pageParams: [window] });
  // What was said while the end was on its way belonged to no page that was held.
  if (!page.newer) void client.invalidateQueries({ queryKey: key, exact: true });
}
