// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, it, vi } from "vitest";

import { conversationKeys, patchConversation, patchConversations } from "@/api/conversations";
import { Problem } from "@/api/problem";
import type { Conversation } from "@/api/types";
import { useToasts } from "@/lib/facts/toasts";
import { act } from "./act";
import { heldConversation } from "./cache";

vi.mock("@/api/conversations", async (original) => ({ ...(await original<object>()), patchConversation: vi.fn(), patchConversations: vi.fn() }));

const conversation = (id: string, change: Partial<Conversation> = {}) =>
  ({ id, version: 1, status: "open", assignee_id: null, team_id: null, labels: [], snoozed_until: null, unread_count: 0, last_message_at: "2026-01-01T00:00:00Z", ...change }) as Conversation;

let client: QueryClient;
const hold = (one: Conversation) => client.setQueryData(conversationKeys.one(one.id), one);
const shown = (id: string) => heldConversation(client, id);
const texts = () => useToasts.getState().toasts.map((one) => one.text);

beforeEach(() => {
  client = new QueryClient();
  useToasts.setState({ toasts: [] });
  vi.mocked(patchConversation).mockReset();
  vi.mocked(patchConversations).mockReset();
});

it("shows the change and says so before the server answers, and takes it back when it refuses", async () => {
  const open = conversation("a", { assignee_id: "bruno" });
  hold(open);
  let refuse: (error: Error) => void = () => undefined;
  vi.mocked(patchConversation).mockReturnValue(new Promise((_, no) => (refuse = no)));
  const done = act(client, [open], { status: "closed" }, "closed");
  expect(shown("a")?.status).toBe("closed");
  expect(texts()).toEqual(["Conversation closed."]);
  refuse(new Problem(503, "unavailable", "The database is away."));
  await done;
  expect(shown("a")).toEqual(open);
  expect(texts()).toEqual(["Not closed. The database is away."]);
});

it("an older answer that is still on its way does not show it as it was", async () => {
  const open = conversation("a");
  hold(open);
  let late: (one: Conversation) => void = () => undefined;
  const asked = client.fetchQuery({ queryKey: conversationKeys.one("a"), queryFn: () => new Promise<Conversation>((done) => (late = done)), staleTime: 0 }).catch(() => undefined);
  let answer: (one: Conversation) => void = () => undefined;
  vi.mocked(patchConversation).mockReturnValue(new Promise((done) => (answer = done)));
  const done = act(client, [open], { status: "closed" }, "closed");
  await vi.waitFor(() => expect(shown("a")?.status).toBe("closed"));
  late(open);
  await asked;
  await Promise.resolve();
  expect(shown("a")?.status).toBe("closed");
  answer(conversation("a", { status: "closed", version: 2 }));
  await done;
  expect(shown("a")).toMatchObject({ status: "closed", version: 2 });
});

it("undo goes back to what was there, a nap with its end", async () => {
  const asleep = conversation("a", { status: "snoozed", snoozed_until: "2026-02-01T08:00:00Z" });
  hold(asleep);
  vi.mocked(patchConversation).mockImplementation((_, change) => Promise.resolve({ ...asleep, ...change, version: 2 }));
  await act(client, [asleep], { status: "closed" }, "closed");
  useToasts.getState().toasts[0]?.act?.run();
  await vi.waitFor(() => expect(patchConversation).toHaveBeenLastCalledWith("a", { status: "snoozed", snoozed_until: "2026-02-01T08:00:00Z" }));
});

it("of many, those that were refused go back alone", async () => {
  const [a, b] = [conversation("a"), conversation("b")];
  [a, b].forEach(hold);
  vi.mocked(patchConversations).mockImplementation(() => {
    expect([shown("a")?.assignee_id, shown("b")?.assignee_id]).toEqual(["chen", "chen"]);
    return Promise.resolve([
      { id: "a", status: 200, conversation: { ...a, assignee_id: "chen", version: 2 }, problem: null },
      { id: "b", status: 404, conversation: null, problem: { code: "not_found", detail: "There is no such conversation." } },
    ]);
  });
  await act(client, [a, b], { assignee_id: "chen" }, "assigned");
  expect([shown("a")?.assignee_id, shown("b")?.assignee_id]).toEqual(["chen", null]);
  expect(texts()).toEqual(["1 conversation assigned, 1 not: There is no such conversation."]);
});

it("undoing many sends those that were alike together", async () => {
  const all = [conversation("a"), conversation("b"), conversation("c", { assignee_id: "bruno" })];
  all.forEach(hold);
  vi.mocked(patchConversations).mockImplementation((ids, change) => Promise.resolve(ids.map((id) => ({ id, status: 200, conversation: { ...all.find((one) => one.id === id), ...change, version: 2 } as Conversation, problem: null }))));
  vi.mocked(patchConversation).mockImplementation((_, change) => Promise.resolve({ ...all[2], ...change, version: 3 } as Conversation));
  await act(client, all, { assignee_id: "chen" }, "assigned");
  useToasts.getState().toasts[0]?.act?.run();
  await vi.waitFor(() => expect(patchConversations).toHaveBeenLastCalledWith(["a", "b"], { assignee_id: null }));
  expect(patchConversation).toHaveBeenLastCalledWith("c", { assignee_id: "bruno" });
});
