import type { InfiniteData } from "@tanstack/react-query";

import type { Conversation, ConversationFilter } from "@/api/types";

type Page = { data: Conversation[]; next_cursor?: string | null };
export type ConversationPages = InfiniteData<Page, unknown>;

/** Whether a conversation belongs into a list. A list with a search is the server's to decide: undefined. */
export function matches(filter: ConversationFilter, conversation: Conversation, me: string | undefined): boolean | undefined {
  if (filter.q || filter.mentioned) return undefined;
  const assignee = filter.assignee_id === "me" ? me : filter.assignee_id === "none" ? null : filter.assignee_id;
  return (
    (!filter.status || filter.status.split(",").includes(conversation.status)) &&
    (!filter.channel || filter.channel === conversation.channel) &&
    (assignee === undefined || assignee === conversation.assignee_id) &&
    (!filter.team_id || filter.team_id === conversation.team_id) &&
    (!filter.label || conversation.labels.includes(filter.label)) &&
    (!filter.unread || conversation.unread_count > 0)
  );
}

/** Takes a conversation's new state into a list: updates, moves, adds or removes its row. */
export function upsertConversation(
  pages: ConversationPages | undefined,
  filter: ConversationFilter,
  conversation: Conversation,
  me: string | undefined,
): ConversationPages | undefined {
  if (!pages?.pages.length) return pages;
  const held = pages.pages.flatMap((page) => page.data).find((one) => one.id === conversation.id);
  if (held && held.version > conversation.version) return pages;
  const fits = matches(filter, conversation, me);
  // A row that was just read stays in the list of unread ones until the list is opened anew: nothing jumps away under the eyes.
  const stays = filter.unread && held && matches({ ...filter, unread: undefined }, conversation, me);
  if (fits === undefined || stays) return held ? replace(pages, conversation) : pages;
  if (!fits) return held ? without(pages, conversation.id) : pages;
  if (held?.last_message_at === conversation.last_message_at) return replace(pages, conversation);
  return insert(without(pages, conversation.id), conversation);
}

function replace(pages: ConversationPages, conversation: Conversation): ConversationPages {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, data: page.data.map((one) => (one.id === conversation.id ? conversation : one)) })),
  };
}

function without(pages: ConversationPages, id: string): ConversationPages {
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, data: page.data.filter((one) => one.id !== id) })) };
}

/** Newest first. What sorts behind the last loaded row comes with its own page, later. */
function insert(pages: ConversationPages, conversation: Conversation): ConversationPages {
  const next = [...pages.pages];
  for (const [number, page] of next.entries()) {
    const at = page.data.findIndex((one) => one.last_message_at <= conversation.last_message_at);
    const last = number === next.length - 1;
    if (at >= 0 || (last && !page.next_cursor)) {
      next[number] = { ...page, data: page.data.toSpliced(at < 0 ? page.data.length : at, 0, conversation) };
      return { ...pages, pages: next };
    }
  }
  return pages;
}
