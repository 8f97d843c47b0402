import { describe, expect, it } from "vitest";

import type { Attachment } from "@/api/types";
import type { HeldMessage } from "@/live/message-pages";
import { threadRows } from "./rows";

const base = {
  conversation_id: "c", kind: "image", text: "", parts: [], reactions: [], reply_to: null, status: null, status_history: [], error: null, direction: "inbound",
  sender: { kind: "contact", id: "p", name: "Grace" }, external_id: null, client_id: null, album: null, forwarded: false, late: false, past: false, edited_at: null, deleted_at: null,
} satisfies Partial<HeldMessage>;

const file = (id: string, more: Partial<Attachment> = {}): Attachment => ({ id, kind: "image", file_name: null, mime: "image/png", size: 1, state: "stored", thumbnail: true, ...more });

/** A picture `seconds` after noon. */
function at(seq: number, seconds: number, more: Partial<HeldMessage> = {}): HeldMessage {
  const time = new Date(2026, 2, 4, 12, 0, seconds).toISOString();
  return { ...base, id: `m${seq}`, seq, attachments: [file(`a${seq}`)], sent_at: time, created_at: time, ...more };
}

const sets = (messages: HeldMessage[], readSeq?: number) =>
  threadRows(messages, readSeq).flatMap((row) => (row.type === "gallery" ? [row.messages.map((message) => message.seq).join("+")] : row.type === "message" ? [String(row.message.seq)] : []));

describe("pictures in a row", () => {
  it("stand together while no pause is longer than a minute", () => {
    expect(sets([at(1, 0), at(2, 50), at(3, 110), at(4, 171)])).toEqual(["1+2+3", "4"]);
  });

  it("keep the key of the first while the others arrive", () => {
    const key = (messages: HeldMessage[]) => threadRows(messages).at(-1)?.key;
    expect(key([at(1, 0), at(2, 1)])).toBe(key([at(1, 0)]));
    expect(key([at(1, 0), at(2, 1), at(3, 1)])).toBe(key([at(1, 0)]));
  });

  it("are an album however long it took, and two albums are two sets", () => {
    expect(sets([at(1, 0, { album: "x" }), at(2, 90, { album: "x" }), at(3, 91, { album: "y" }), at(4, 92, { album: "y" }), at(5, 93)])).toEqual(["1+2", "3+4", "5"]);
  });

  it("are of one sender, in one direction", () => {
    const other = { sender: { kind: "contact", id: "q", name: "Tim" } } satisfies Partial<HeldMessage>;
    expect(sets([at(1, 0), at(2, 1, other), at(3, 2, other), at(4, 3, { direction: "outbound" })])).toEqual(["1", "2+3", "4"]);
  });

  it("have one caption, on the first or the last; an album has its own", () => {
    expect(sets([at(1, 0, { text: "These" }), at(2, 1), at(3, 2)])).toEqual(["1+2+3"]);
    expect(sets([at(1, 0), at(2, 1), at(3, 2, { text: "Those" }), at(4, 3)])).toEqual(["1+2+3", "4"]);
    expect(sets([at(1, 0, { text: "Left" }), at(2, 1, { text: "Right" })])).toEqual(["1", "2"]);
    expect(sets([at(1, 0, { album: "x", text: "Left" }), at(2, 1, { album: "x", text: "Right" })])).toEqual(["1+2"]);
  });

  it("leave alone what needs its own place: what failed, was deleted, was not fetched, is no picture or answers something", () => {
    const alone: Partial<HeldMessage>[] = [
      { status: "failed", direction: "outbound" },
      { deleted_at: "2026-03-04T12:00:00Z" },
      { attachments: [file("x", { state: "failed" })] },
      { attachments: [file("x", { kind: "document" })] },
      { attachments: [] },
      { reply_to: { id: "m0", external_id: null, text: "Which?", sender_name: "Ada" } },
    ];
    for (const more of alone) expect(sets([at(1, 0, { direction: more.direction }), at(2, 1, more), at(3, 2, { direction: more.direction })].map((one) => ({ ...one, direction: one.direction ?? "inbound" })))[1]).not.toContain("1");
  });

  it("are divided by a day, and where the unread ones begin", () => {
    expect(sets([at(1, 0), at(2, 1), at(3, 2), at(4, 3)], 2)).toEqual(["1+2", "3+4"]);
    const midnight = 12 * 60 * 60;
    expect(sets([at(1, midnight - 1), at(2, midnight + 1)])).toEqual(["1", "2"]);
  });
});
