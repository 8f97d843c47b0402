import type { QueryClient, QueryKey } from "@tanstack/react-query";

import { markRead, markUnread as postUnread, patchConversation, patchConversations } from "@/api/conversations";
import type { Conversation, ConversationChange, ConversationsChange } from "@/api/types";
import { heldConversation, holdConversation } from "./cache";

/** Shows the change at once, tells the server, and takes it back when the server refuses. */
export async function changeConversation(client: QueryClient, id: string, change: ConversationChange): Promise<void> {
  const stopped = underway(client, [id]);
  if (stopped.length) await Promise.all(stopped.map((queryKey) => client.cancelQueries({ queryKey, exact: true })));
  const before = heldConversation(client, id);
  if (before) holdConversation(client, foresee(before, change));
  try {
    holdConversation(client, await patchConversation(id, change));
  } catch (error) {
    if (before) holdConversation(client, before);
    throw error;
  } finally {
    for (const queryKey of stopped) void client.invalidateQueries({ queryKey, exact: true });
  }
}

/**
 * Questions on their way whose answers would show the conversations as they were before a change that is told now. They are
 * stopped, and asked again when the change is through. What has nothing to show yet goes on, and so does a next page.
 */
function underway(client: QueryClient, ids: string[]): QueryKey[] {
  return client
    .getQueryCache()
    .findAll({ fetchStatus: "fetching" })
    .filter(({ queryKey: [kind, id], state }) => state.data !== undefined && !state.fetchMeta?.fetchMore && (kind === "conversations" || (kind === "conversation" && ids.includes(id as string))))
    .map((query) => query.queryKey);
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
  try {
    holdConversation(client, await postUnread(conversation.id));
  } catch (error) {
    holdConversation(client, conversation);
    throw error;
  }
}

/** What a conversation will look like when the server agrees. */
export function foresee(before: Conversation, { version: _, ...change }: ConversationChange): Conversation {
  const after = { ...before, ...change };
  return change.status && change.status !== "snoozed" ? { ...after, snoozed_until: null } : after;
}

/** The change that makes good what another one does to a conversation that is now as `before`. */
export function inverse(before: Conversation, change: ConversationChange): ConversationChange {
  const back: ConversationChange = {};
  if (change.status !== undefined) {
    if (before.status === "snoozed" && before.snoozed_until) Object.assign(back, { status: "snoozed", snoozed_until: before.snoozed_until });
    else back.status = before.status;
  }
  if (change.assignee_id !== undefined) back.assignee_id = before.assignee_id;
  if (change.team_id !== undefined) back.team_id = before.team_id;
  if (change.priority !== undefined) back.priority = before.priority;
  if (change.labels !== undefined) back.labels = before.labels;
  return back;
}

/** What the server takes in one call. */
const together = 200;

function foreseeMany(before: Conversation, { add_labels: add = [], remove_labels: remove = [], ...change }: ConversationsChange): Conversation {
  const labels = [...new Set([...before.labels, ...add])].filter((one) => !remove.includes(one));
  return foresee({ ...before, labels }, change);
}

/**
 * Shows the changes at once, makes them, and takes back those that were refused. Tells how many were changed; throws when
 * none was.
 */
export async function changeConversations(client: QueryClient, ids: string[], change: ConversationsChange): Promise<{ changed: number; refused: string[] }> {
  const stopped = underway(client, ids);
  if (stopped.length) await Promise.all(stopped.map((queryKey) => client.cancelQueries({ queryKey, exact: true })));
  const before = new Map(ids.map((id) => [id, heldConversation(client, id)]));
  for (const one of before.values()) if (one) holdConversation(client, foreseeMany(one, change));
  const refused: string[] = [];
  const takeBack = (id: string) => {
    const one = before.get(id);
    if (one) holdConversation(client, one);
  };
  const waiting = new Set(ids);
  try {
    for (let at = 0; at < ids.length; at += together) {
      for (const { id, conversation, problem } of await patchConversations(ids.slice(at, at + together), change)) {
        waiting.delete(id);
        if (conversation) holdConversation(client, conversation);
        else {
          takeBack(id);
          refused.push(problem?.detail ?? "It was not changed.");
        }
      }
    }
  } catch (error) {
    waiting.forEach(takeBack);
    throw error;
  } finally {
    for (const queryKey of stopped) void client.invalidateQueries({ queryKey, exact: true });
  }
  if (refused[0] && refused.length === ids.length) throw new Error(refused[0]);
  return { changed: ids.length - refused.length, refused };
}
