import type { QueryClient } from "@tanstack/react-query";

import type { Conversation, ConversationChange, ConversationsChange } from "@/api/types";
import { toast, toastError } from "@/lib/facts/toasts";
import { count } from "@/lib/text";
import { heldConversation } from "./cache";
import { changeConversation, changeConversations, inverse } from "./change-conversation";

/**
 * Changes one conversation or many. The screen shows it, and offers the way back, before the server has heard of it; what
 * the server refuses is shown as it was, with its reason. `said` is how the change is called: closed, snoozed, assigned.
 */
export async function act(client: QueryClient, conversations: Conversation[], change: ConversationsChange, said: string): Promise<void> {
  const [first] = conversations;
  if (!first) return;
  // As they are shown now: what the caller holds may be older.
  const before = conversations.map((one) => heldConversation(client, one.id) ?? one);
  const many = before.length > 1;
  const done = send(client, before.map((one) => one.id), change);
  const undo = () => void done.then(() => undoAll(client, before, change)).catch(toastError);
  const unsay = toast(many ? `${count(before.length, "conversation")} ${said}.` : `Conversation ${said}.`, { act: { label: "Undo", run: undo } });
  try {
    const { changed, refused } = await done;
    if (refused[0] === undefined) return;
    unsay();
    toast(`${count(changed, "conversation")} ${said}, ${refused.length} not: ${refused[0]}`, { negative: true });
  } catch (error) {
    unsay();
    toast(`Not ${said}. ${error instanceof Error ? error.message : ""}`.trim(), { negative: true });
  }
}

async function send(client: QueryClient, ids: string[], change: ConversationsChange): Promise<{ changed: number; refused: string[] }> {
  const [only] = ids;
  if (ids.length > 1 || only === undefined) return changeConversations(client, ids, change);
  await changeConversation(client, only, change);
  return { changed: 1, refused: [] };
}

/** Those that were alike before go back together. */
async function undoAll(client: QueryClient, before: Conversation[], change: ConversationChange): Promise<void> {
  const ways = new Map<string, { ids: string[]; back: ConversationChange }>();
  for (const one of before) {
    const back = inverse(one, change);
    const key = JSON.stringify(back);
    const way = ways.get(key) ?? { ids: [], back };
    way.ids.push(one.id);
    ways.set(key, way);
  }
  await Promise.all([...ways.values()].map(({ ids, back }) => send(client, ids, back)));
}
