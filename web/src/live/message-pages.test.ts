import { describe, expect, it } from "vitest";

import type { MessageStatus } from "@/api/types";
import { type HeldMessage, inOrder, type MessagePages, patchMessage, upsertMessage, withStatus } from "./message-pages";

function message(seq: number, more: Partial<HeldMessage> = {}): HeldMessage {
  const at = new Date(Date.UTC(2026, 0, 1, 12, 0, seq % 60)).toISOString();
  return {
    id: `m${seq}`,
    seq,
    conversation_id: "c",
    direction: "outbound",
    kind: "text",
    text: `text ${seq}`,
    parts: [],
    attachments: [],
    reactions: [],
    reply_to: null,
    sender: { kind: "member", id: "u", name: "Ada" },
    status: "queued",
    status_history: [{ status: "queued", at }],
    error: null,
    external_id: null,
    client_id: null,
    album: null,
    forwarded: false,
    past: false,
    late: false,
    sent_at: at,
    created_at: at,
    edited_at: null,
    deleted_at: null,
    ...more,
  };
}

function pages(...of: HeldMessage[][]): MessagePages {
  return { pages: of.map((data, index) => ({ data, next_cursor: index === of.length - 1 ? null : "more" })), pageParams: of.map(() => undefined) };
}

const ids = (held: MessagePages | undefined) => inOrder(held).map((one) => one.id);

/** A message further on its way by these stations. */
function after(one: HeldMessage, ...stations: MessageStatus[]): HeldMessage {
  return stations.reduce((held, status) => {
    const status_history = [...held.status_history, { status, at: "2026-01-01T12:30:00Z" }];
    return withStatus(held, { status, status_history, error: null, external_id: "x" });
  }, one);
}

function draft(id = "local-1"): HeldMessage {
  return message(Number.MAX_SAFE_INTEGER, { id, client_id: id, local: { state: "sending", request: { client_id: id, text: "hi" } } });
}

describe("sending", () => {
  it("replaces the unsent copy when the event comes before the answer, and stays single when the answer follows", () => {
    let held = upsertMessage(pages([message(2), message(1)]), draft());
    expect(ids(held)).toEqual(["m1", "m2", "local-1"]);
    const taken = message(3, { client_id: "local-1" });
    held = upsertMessage(held, taken);
    expect(ids(held)).toEqual(["m1", "m2", "m3"]);
    held = upsertMessage(held, taken);
    expect(ids(held)).toEqual(["m1", "m2", "m3"]);
  });

  it("keeps what an event told when an older answer arrives after it", () => {
    const read = after(message(3), "sent", "read");
    const held = upsertMessage(pages([read]), message(3, { text: "as answered" }));
    expect(inOrder(held)[0]).toMatchObject({ status: "read", text: "as answered" });
  });

  it("orders unsent messages after everything the server has numbered, by their time", () => {
    const first = { ...draft(), created_at: "2026-01-01T13:00:00Z" };
    const second = { ...draft("local-2"), created_at: "2026-01-01T13:00:01Z" };
    const held = upsertMessage(upsertMessage(pages([message(1)]), second), first);
    expect(ids(held)).toEqual(["m1", "local-1", "local-2"]);
  });
});

describe("status", () => {
  it("that is older than what is known changes nothing", () => {
    const sent = after(message(1), "sending", "sent");
    const read = after(sent, "delivered", "read");
    expect(withStatus(read, { status: "delivered", status_history: after(sent, "delivered").status_history, error: null, external_id: "x" })).toBe(read);
  });

  it("starts over when a failed message is sent again", () => {
    const failed = after(message(1), "failed");
    expect(after(failed, "queued")).toMatchObject({ status: "queued", external_id: "x" });
  });

  it("of a message that is not loaded changes nothing", () => {
    const held = pages([message(1)]);
    expect(patchMessage(held, "m9", (one) => after(one, "read"))?.pages[0]?.data[0]?.status).toBe("queued");
  });
});

describe("pages", () => {
  it("leaves out what is older than every loaded page while older pages exist", () => {
    const some: MessagePages = { pages: [{ data: [message(9), message(8)], next_cursor: "older" }], pageParams: [undefined] };
    expect(ids(upsertMessage(some, message(3)))).toEqual(["m8", "m9"]);
    expect(ids(upsertMessage(pages([message(9), message(8)]), message(3)))).toEqual(["m3", "m8", "m9"]);
  });

  it("leaves out what is newer than every loaded page while newer pages exist, but never what is unsent", () => {
    const middle: MessagePages = { pages: [{ data: [message(4), message(5)], next_cursor: "older", newer: true }], pageParams: [undefined] };
    expect(ids(upsertMessage(middle, message(9)))).toEqual(["m4", "m5"]);
    expect(ids(upsertMessage(middle, message(9, { local: { state: "sending", request: { client_id: "x" } } })))).toEqual(["m4", "m5", "m9"]);
    expect(ids(upsertMessage(middle, message(4, { text: "edited" })))).toEqual(["m4", "m5"]);
  });

  it("shows a message once when pages overlap", () => {
    expect(ids(pages([message(3), message(2)], [message(2), message(1)]))).toEqual(["m1", "m2", "m3"]);
  });

  it("does not make up pages that were never asked for", () => {
    expect(upsertMessage(undefined, message(1))).toBeUndefined();
  });
});
