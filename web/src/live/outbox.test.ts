// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { messageKeys } from "@/api/messages";
import { signIn } from "@/api/session";
import { apply } from "./apply";
import { type HeldMessage, inOrder, type MessagePages } from "./message-pages";
import { discard, sendAgain, sendMessage } from "./outbox";

let client: QueryClient;
const shown = () => inOrder(client.getQueryData<MessagePages>(messageKeys.of("c")));
const request = { client_id: "local-1", text: "hello" };

/** The message as the server takes it, and tells of it. */
const taken = (sent: HeldMessage): HeldMessage => {
  const { local: _, ...message } = sent;
  return { ...message, id: "m1", seq: 7, status_history: [{ status: "queued", at: message.created_at }] };
};

let bodies: unknown[];

function hub(answer: () => Response | Promise<Response>) {
  bodies = [];
  vi.stubGlobal("fetch", async (input: Request) => {
    bodies.push(await input.json());
    return answer();
  });
}

beforeEach(() => {
  client = new QueryClient();
  client.setQueryData<MessagePages>(messageKeys.of("c"), { pages: [{ data: [], next_cursor: null }], pageParams: [undefined] });
  signIn({ access_token: "t", expires_in: 900, user: { id: "u", name: "Ada", email: "" }, organization: { id: "o", name: "" }, role: "agent" });
});

describe("the outbox", () => {
  it("shows a message before the server has answered, and once after it has", async () => {
    let before: HeldMessage[] = [];
    hub(() => {
      before = shown();
      return Response.json(taken(before[0] as HeldMessage), { status: 201 });
    });
    await sendMessage(client, "c", request);
    expect(before).toMatchObject([{ id: "local-1", text: "hello", local: { state: "sending" } }]);
    expect(shown()).toHaveLength(1);
    expect(shown()[0]).toMatchObject({ id: "m1", seq: 7 });
    expect(shown()[0]?.local).toBeUndefined();
  });

  it("shows it once when the event comes before the answer", async () => {
    hub(() => {
      const message = taken(shown()[0] as HeldMessage);
      apply(client, { type: "new_message", id: "1", data: { message } });
      expect(shown()).toHaveLength(1);
      return Response.json(message, { status: 201 });
    });
    await sendMessage(client, "c", request);
    expect(shown().map((one) => one.id)).toEqual(["m1"]);
  });

  it("keeps a refused message with the reason, and sends it again under the same id", async () => {
    hub(() => Response.json({ code: "window_closed", detail: "Send a template instead." }, { status: 422 }));
    await sendMessage(client, "c", request);
    expect(shown()[0]?.local).toMatchObject({ state: "failed", code: "window_closed", problem: "Send a template instead." });

    hub(() => Response.json(taken(shown()[0] as HeldMessage), { status: 201 }));
    await sendAgain(client, shown()[0] as HeldMessage);
    expect(bodies).toEqual([request]);
    expect(shown().map((one) => one.id)).toEqual(["m1"]);
  });

  it("says who answered meanwhile, and sends anyway once that was seen", async () => {
    const current = { last_seq: 6, messages: [{ sender: { name: "Bruno" }, sent_at: "2026-01-01T12:00:00Z" }] };
    hub(() => Response.json({ code: "stale", detail: "Somebody answered.", current }, { status: 409 }));
    await sendMessage(client, "c", { ...request, last_seen_seq: 3 });
    expect(shown()[0]?.local).toMatchObject({ code: "stale", meanwhile: { name: "Bruno", at: "2026-01-01T12:00:00Z" } });

    client.setQueryData(["conversation", "c"], { id: "c", last_seq: 6 });
    hub(() => Response.json(taken(shown()[0] as HeldMessage), { status: 201 }));
    await sendAgain(client, shown()[0] as HeldMessage, true);
    expect(bodies).toEqual([{ ...request, last_seen_seq: 6 }]);
    expect(shown().map((one) => one.id)).toEqual(["m1"]);
  });

  it("keeps what was written while the hub cannot be reached", async () => {
    hub(() => Promise.reject(new TypeError("network")));
    await sendMessage(client, "c", request);
    expect(shown()[0]?.local).toMatchObject({ state: "failed", code: "offline" });
    discard(client, shown()[0] as HeldMessage);
    expect(shown()).toEqual([]);
  });
});
