import type { InfiniteData, QueryClient } from "@tanstack/react-query";

import type { Page } from "@/api/types";
import { patchTask, removeTask, type Task, type TaskChange, taskKeys } from "@/api/tasks";

type Held = Page<Task> | InfiniteData<Page<Task>, string | undefined>;

/** Every list of tasks that shows this one, with what became of it; `undefined` takes it away. */
function inLists(client: QueryClient, id: string, change: (task: Task) => Task | undefined): void {
  const inPage = (page: Page<Task>): Page<Task> => ({ ...page, data: page.data.flatMap((task) => (task.id === id ? (change(task) ?? []) : task)) });
  client.setQueriesData<Held>({ queryKey: taskKeys.all }, (held) => held && ("pages" in held ? { ...held, pages: held.pages.map(inPage) } : inPage(held)));
}

/** Writes a task's state wherever it is shown. An older version than the shown one is dropped. */
export function holdTask(client: QueryClient, task: Task): void {
  inLists(client, task.id, (held) => (held.version > task.version ? held : task));
}

/** What is told of a task: shown where it stands, and asked for anew where it may belong now; a deal's next step may be another. */
export function onTask(client: QueryClient, task: Task, deleted: boolean): void {
  const before = heldTask(client, task.id)?.deal_id;
  if (deleted) inLists(client, task.id, () => undefined);
  else holdTask(client, task);
  void client.invalidateQueries({ queryKey: taskKeys.all });
  for (const id of new Set([before, task.deal_id])) if (id) void import("./deals").then(({ askForDeal }) => askForDeal(client, id));
}

function heldTask(client: QueryClient, id: string): Task | undefined {
  const lists = client.getQueriesData<Held>({ queryKey: taskKeys.all });
  return lists.flatMap(([, held]) => (!held ? [] : "pages" in held ? held.pages.flatMap((page) => page.data) : held.data)).find((task) => task.id === id);
}

/** Shows the change at once, tells the server, and takes it back when the server refuses. */
export async function changeTask(client: QueryClient, task: Task, change: TaskChange): Promise<Task> {
  return optimistic(client, task, (held) => foresee(held, change), async () => {
    const after = await patchTask(task.id, change);
    onTask(client, after, false);
    return after;
  });
}

export async function deleteTask(client: QueryClient, task: Task): Promise<void> {
  return optimistic(client, task, () => undefined, async () => {
    await removeTask(task.id);
    onTask(client, task, true);
  });
}

/** A task that was done stays where it is, ticked, until the lists are asked anew. */
export function foresee(task: Task, { done, version: _, contact_id: _contact, conversation_id: _place, deal_id: _deal, ...change }: TaskChange): Task {
  const after = { ...task, ...change };
  return done === undefined ? after : { ...after, done_at: done ? (task.done_at ?? new Date().toISOString()) : null };
}

async function optimistic<T>(client: QueryClient, task: Task, change: (held: Task) => Task | undefined, act: () => Promise<T>): Promise<T> {
  await client.cancelQueries({ queryKey: taskKeys.all });
  const before = client.getQueriesData<Held>({ queryKey: taskKeys.all });
  inLists(client, task.id, change);
  try {
    return await act();
  } catch (error) {
    for (const [key, held] of before) client.setQueryData(key, held);
    throw error;
  } finally {
    void client.invalidateQueries({ queryKey: taskKeys.all });
  }
}
