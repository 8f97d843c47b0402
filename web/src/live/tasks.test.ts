// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";

import { type Deal, deal as dealQuery, dealKeys } from "@/api/deals";
import { patchTask, removeTask, type Task, taskKeys } from "@/api/tasks";
import { apply } from "./apply";
import { changeTask, deleteTask } from "./tasks";

vi.mock("@/api/tasks", async (original) => ({ ...(await original<object>()), patchTask: vi.fn(), removeTask: vi.fn() }));
vi.mock("@/api/deals", async (original) => ({ ...(await original<object>()), deal: vi.fn() }));

const task = (id: string, over: Partial<Task> = {}): Task => ({
  id,
  title: id,
  kind: "to_do",
  due_at: null,
  reminder_at: null,
  reminded_at: null,
  assignee_id: null,
  team_id: null,
  contact: null,
  conversation: null, deal_id: null,
  source_message_id: null,
  done_at: null,
  done_by: null,
  created_by: null,
  version: 1,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  ...over,
});

let client: QueryClient;
const listed = () => client.getQueryData<{ pages: { data: Task[] }[] }>(taskKeys.list("open"))?.pages.flatMap((page) => page.data) ?? [];
const ofContact = () => client.getQueryData<{ data: Task[] }>(taskKeys.of("c"))?.data ?? [];

beforeEach(() => {
  vi.mocked(patchTask).mockReset();
  vi.mocked(removeTask).mockReset();
  client = new QueryClient();
  client.setQueryData(taskKeys.list("open"), { pages: [{ data: [task("a")], next_cursor: "x" }, { data: [task("b")], next_cursor: null }], pageParams: [undefined, "x"] });
  client.setQueryData(taskKeys.of("c"), { data: [task("b")], next_cursor: null });
});

test("a tick is shown in every list before the server has heard of it, and taken back when it refuses", async () => {
  let refuse = (_: Error) => {};
  vi.mocked(patchTask).mockReturnValue(new Promise((_, reject) => (refuse = reject)));
  const done = changeTask(client, task("b"), { done: true });
  await vi.waitFor(() => expect(listed()[1]?.done_at).toBeTruthy());
  expect(ofContact()[0]?.done_at).toBeTruthy();
  expect(listed()[0]?.done_at).toBeNull();
  refuse(new Error("no"));
  await expect(done).rejects.toThrow("no");
  expect(listed()[1]?.done_at).toBeNull();
  expect(ofContact()[0]?.done_at).toBeNull();
});

test("what the server says counts, and an older version does not", async () => {
  vi.mocked(patchTask).mockResolvedValue(task("b", { title: "new", version: 3 }));
  await changeTask(client, task("b"), { title: "typed" });
  expect(listed()[1]?.title).toBe("new");
  apply(client, { type: "task_updated", data: { task: task("b", { title: "older", version: 2 }) } });
  expect(listed()[1]?.title).toBe("new");
  apply(client, { type: "task_updated", data: { task: task("b", { title: "newer", version: 4 }) } });
  expect(ofContact()[0]?.title).toBe("newer");
});

test("a deleted task is gone at once, by whomever", async () => {
  vi.mocked(removeTask).mockRejectedValueOnce(new Error("no"));
  await expect(deleteTask(client, task("a"))).rejects.toThrow("no");
  expect(listed().map((one) => one.id)).toEqual(["a", "b"]);
  vi.mocked(removeTask).mockResolvedValueOnce();
  await deleteTask(client, task("a"));
  expect(listed().map((one) => one.id)).toEqual(["b"]);
  apply(client, { type: "task_deleted", data: { task: task("b") } });
  expect(listed()).toEqual([]);
  expect(ofContact()).toEqual([]);
});

test("a deal's next step is asked for anew when a task of it changes", async () => {
  const client = new QueryClient();
  const [before, after] = [null, { id: "t", title: "Call her", due_at: null }].map((next_task) => ({ id: "d", version: 1, deleted_at: null, next_task }) as unknown as Deal);
  client.setQueryData(dealKeys.one("d"), before);
  vi.mocked(dealQuery).mockReturnValue({ queryKey: dealKeys.one("d"), queryFn: () => Promise.resolve(after) } as unknown as ReturnType<typeof dealQuery>);
  apply(client, { type: "task_created", data: { task: task("t", { deal_id: "d" }) } });
  await vi.waitFor(() => expect(client.getQueryData<Deal>(dealKeys.one("d"))?.next_task?.title).toBe("Call her"));
});
