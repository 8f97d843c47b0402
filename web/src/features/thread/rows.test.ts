import { describe, expect, it } from "vitest";

import type { HeldMessage } from "@/live/message-pages";
import { threadRows } from "./rows";

const base = {
  conversation_id: "c", kind: "text", text: "", parts: [], attachments: [], reactions: [], reply_to: null, status: null, status_history: [], error: null,
  external_id: null, client_id: null, album: null, forwarded: false, late: false, past: false, edited_at: null, deleted_at: null,
} satisfies Partial<HeldMessage>;

/** A message `minutes` after noon of a day in the test's own time zone. */
function at(seq: number, minutes: number, more: Partial<HeldMessage> = {}): HeldMessage {
  const time = new Date(2026, 2, 4, 12, minutes).toISOString();
  return { ...base, id: `m${seq}`, seq, direction: "inbound", sender: { kind: "contact", id: "p", name: "Grace" }, sent_at: time, created_at: time, ...more };
}

const reply = { direction: "outbound", sender: { kind: "member", id: "u", name: "Ada" } } satisfies Partial<HeldMessage>;
const shape = (messages: HeldMessage[], readSeq?: number) =>
  threadRows(messages, readSeq).map((row) => (row.type === "message" ? `${row.message.id}${row.first ? "[" : ""}${row.last ? "]" : ""}` : row.type));

describe("a thread's rows", () => {
  it("groups one sender's messages within five minutes under one time", () => {
    expect(shape([at(1, 0), at(2, 4), at(3, 9), at(4, 15)])).toEqual(["day", "m1[", "m2", "m3]", "m4[]"]);
  });

  it("starts a group with another sender, and never groups notes and system lines", () => {
    expect(shape([at(1, 0), at(2, 1, reply), at(3, 1, { ...reply, sender: { kind: "member", id: "v", name: "Mei" } })])).toEqual(["day", "m1[]", "m2[]", "m3[]"]);
    const note = { direction: "internal", sender: reply.sender } satisfies Partial<HeldMessage>;
    expect(shape([at(1, 0, note), at(2, 0, note)])).toEqual(["day", "m1[]", "m2[]"]);
  });

  it("divides days, and a group at midnight", () => {
    expect(shape([at(1, 718), at(2, 721)])).toEqual(["day", "m1[]", "day", "m2[]"]);
  });

  it("marks what is new since the reader was away, once, before the customer's first unread message", () => {
    expect(shape([at(1, 0), at(2, 1, reply), at(3, 2), at(4, 3)], 1)).toEqual(["day", "m1[]", "m2[]", "unread", "m3[", "m4]"]);
    expect(shape([at(1, 0), at(2, 1)])).not.toContain("unread");
  });

  it("keeps a message's key when the server names it", () => {
    const sending = at(1, 0, { ...reply, id: "local", client_id: "local" });
    const taken = at(1, 0, { ...reply, id: "m1", client_id: "local" });
    expect(threadRows([sending]).at(-1)?.key).toBe(threadRows([taken]).at(-1)?.key);
  });
});
