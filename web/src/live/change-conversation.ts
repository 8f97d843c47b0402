import type { QueryClient } from "@tanstack/react-query";

import { markRead, markUnread as postUnread, patchConversation, patchConversations } from "@/api/conversations";
import type { Conversation, ConversationChange, ConversationsChange } from "@/api/types";
import { heldConversation, holdConversation } from "./cache";

/** Shows the change at once, tells the server, and takes it back when the server refuses. */
export async function changeConversation(client: QueryClient, id: string, change: ConversationChange): Promise<void> {
  const before = heldConversation(client, id);
  if (before) holdConversation(client, foresee(before, change));
  try {
    holdConversation(client, await patchConversation(id, change));
  } catch (error) {
    if (before) holdConversation(client, before);
    throw error;
  }
}

/** Marks everything up to a message as read. */
export async function readUpTo(client: QueryClient, id: string, seq: number): Promise<void> {
  const before = heldConversation(client, id);
  if (before) holdConversation(client, { ...before, unread_count: 0 });
  holdConversation(client, await markRead(id, seq));
}

/** Lets the customer's newest message count as unread again. */
export async function markUnread(client: QueryClient, conversation: Conversation): Promise<void> {
  holdConversation(client, { ...conversation, unread_count: Math.max(1, conversation.unread_count) });
  holdConversation(client, await postUnread(conversation.id));
}

function foresee(before: Conversation, { version: _, ...change }: ConversationChange): Conversation {
  return { ...before, ...change };
}

/** What the server takes in one call. */
const together = 200;

/** Changes many at once and shows what came of each. Tells how many were changed; throws when none was. */
export async function changeConversations(client: QueryClient, ids: string[], change: ConversationsChange): Promise<{ changed: number; refused: string[] }> {
  const outcomes = [];
  for (let at = 0; at < ids.length; at += together) outcomes.push(...(await patchConversations(ids.slice(at, at + together), change)));
  const refused: string[] = [];
  for (const { conversation, problem } of outcomes) {
    if (conversation) holdConversation(client, conversation);
    else refused.push(problem?.detail ?? "It was not changed.");
  }
  if (refused[0] && refused.length === outcomes.length) throw new Error(refused[0]);
  return { changed: outcomes.length - refused.length, refused };
}
