import { describe, expect, it } from "vitest";

import type { CallPart, Conversation, Message } from "@/api/types";
import { goesOn, upsertCall } from "./calls";

const conversation = { id: "c1" } as Conversation;
const message = (state: CallPart["state"], id = "m1", status: Message["status"] = null) =>
  ({ id, conversation_id: "c1", kind: "call", status, parts: [{ type: "call", direction: "inbound", state, at: "2026-01-01T00:00:00Z" }] }) as unknown as Message;

describe("calls that go on", () => {
  it("join, change and leave", () => {
    const rings = upsertCall([], message("ringing"), conversation);
    expect(rings).toHaveLength(1);
    const talks = upsertCall(rings, message("in_progress"), undefined);
    expect(talks).toMatchObject([{ message: { parts: [{ state: "in_progress" }] }, conversation: { id: "c1" } }]);
    expect(upsertCall(talks, message("completed"), undefined)).toEqual([]);
  });
  it("leave the others alone", () => {
    const both = upsertCall(upsertCall([], message("ringing"), conversation), message("ringing", "m2"), conversation);
    expect(upsertCall(both, message("no_answer"), undefined)?.map((one) => one.message.id)).toEqual(["m2"]);
  });
  it("are not begun by news of a call that nobody knows, nor by one that was refused", () => {
    expect(upsertCall([], message("in_progress"), undefined)).toEqual([]);
    expect(goesOn(message("queued", "m1", "failed"))).toBe(false);
    expect(upsertCall([], message("completed"), conversation)).toEqual([]);
    expect(upsertCall(undefined, message("ringing"), conversation)).toBeUndefined();
  });
});
