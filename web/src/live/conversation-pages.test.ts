import { describe, expect, it } from "vitest";

import type { Conversation, ConversationFilter } from "@/api/types";
import { type ConversationPages, matches, upsertConversation } from "./conversation-pages";

function conversation(id: string, minute: number, more: Partial<Conversation> = {}): Conversation {
  return {
    id,
    channel: "whatsapp",
    integration_id: "i",
    status: "open",
    contact: { id: `p-${id}`, name: id, phone: null, email: null, username: null, blocked: false, reachable: true, is_group: false },
    assignee_id: null,
    team_id: null,
    labels: [],
    priority: "none",
    snoozed_until: null,
    unread_count: 0,
    last_seq: 1,
    read_seq: 1,
    last_message: null,
    last_message_at: `2026-01-01T12:${String(minute).padStart(2, "0")}:00Z`,
    window_closes_at: null,
    version: 1,
    created_at: "2026-01-01T00:00:00Z",
    ...more,
  };
}

function pages(rows: Conversation[], next: string | null = null): ConversationPages {
  return { pages: [{ data: rows, next_cursor: next }], pageParams: [undefined] };
}

const ids = (held: ConversationPages | undefined) => held?.pages.flatMap((page) => page.data.map((one) => one.id));
const open: ConversationFilter = { status: "open" };

describe("a list told of a conversation", () => {
  it("moves it to the top when it speaks", () => {
    const held = pages([conversation("a", 9), conversation("b", 8)]);
    expect(ids(upsertConversation(held, open, conversation("b", 10), "me"))).toEqual(["b", "a"]);
  });

  it("takes in a new one in its place", () => {
    const held = pages([conversation("a", 9), conversation("b", 5)]);
    expect(ids(upsertConversation(held, open, conversation("c", 7), "me"))).toEqual(["a", "c", "b"]);
  });

  it("leaves for a later page what sorts behind the last row", () => {
    const held = pages([conversation("a", 9)], "more");
    expect(ids(upsertConversation(held, open, conversation("old", 1), "me"))).toEqual(["a"]);
  });

  it("lets go of one that no longer fits", () => {
    const held = pages([conversation("a", 9), conversation("b", 8)]);
    expect(ids(upsertConversation(held, open, conversation("a", 9, { status: "closed" }), "me"))).toEqual(["b"]);
    const mine: ConversationFilter = { assignee_id: "me" };
    expect(ids(upsertConversation(pages([conversation("a", 9, { assignee_id: "me-1" })]), mine, conversation("a", 9, { assignee_id: "you" }), "me-1"))).toEqual([]);
  });

  it("keeps one in its place among the unread after it was read", () => {
    const held = pages([conversation("a", 9, { unread_count: 2 })]);
    const next = upsertConversation(held, { unread: true }, conversation("a", 9), "me");
    expect(next?.pages[0]?.data[0]).toMatchObject({ id: "a", unread_count: 0 });
  });

  it("ignores a state that is older than the shown one", () => {
    const held = pages([conversation("a", 9, { version: 5, status: "pending" })]);
    expect(upsertConversation(held, {}, conversation("a", 9, { version: 4 }), "me")).toBe(held);
  });

  it("never guesses what a search would find", () => {
    expect(matches({ q: "ada" }, conversation("a", 9), "me")).toBeUndefined();
    const held = pages([conversation("a", 9)]);
    expect(ids(upsertConversation(held, { q: "ada" }, conversation("b", 10), "me"))).toEqual(["a"]);
    expect(upsertConversation(held, { q: "ada" }, conversation("a", 9, { priority: "high" }), "me")?.pages[0]?.data[0]?.priority).toBe("high");
  });
});
