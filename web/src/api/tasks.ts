import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { Problem } from "./problem";
import type { ConversationStatus, Page } from "./types";

export type TaskKind = "to_do" | "callback" | "follow_up" | "meeting";

/** What somebody has to do, and until when. */
export interface Task {
  id: string;
  title: string;
  kind: TaskKind;
  due_at: string | null;
  /** When whoever has it is reminded; without a time, when it is due. */
  reminder_at: string | null;
  reminded_at: string | null;
  assignee_id: string | null;
  team_id: string | null;
  contact: { id: string; name: string; phone: string | null } | null;
  conversation: { id: string; channel: string; integration_id: string; status: ConversationStatus; assignee_id: string | null; team_id: string | null } | null;
  deal_id: string | null;
  /** The missed call that asked for it. */
  source_message_id: string | null;
  done_at: string | null;
  done_by: string | null;
  created_by: string | null;
  version: number;
  created_at: string;
  updated_at: string;
}

export interface TaskContent {
  title?: string;
  kind?: TaskKind;
  due_at?: string | null;
  assignee_id?: string | null;
  team_id?: string | null;
  contact_id?: string | null;
  conversation_id?: string | null;
  deal_id?: string | null;
}

export interface TaskChange extends TaskContent {
  done?: boolean;
  version?: number;
}

export const taskViews = ["mine", "open", "done"] as const;
export type TaskView = (typeof taskViews)[number];

export const taskKeys = {
  all: ["tasks"] as const,
  list: (view: TaskView) => ["tasks", "list", view] as const,
  of: (contactId: string) => ["tasks", "contact", contactId] as const,
  ofDeal: (dealId: string) => ["tasks", "deal", dealId] as const,
};

/** By when they are due; the done ones by when they were. */
export function taskList(view: TaskView) {
  const narrow = view === "done" ? { open: false } : view === "mine" ? { open: true, mine: true } : { open: true };
  return infiniteQueryOptions({
    queryKey: taskKeys.list(view),
    queryFn: ({ pageParam, signal }) => body<Page<Task>>(api.GET("/api/v1/tasks", { params: { query: { ...narrow, cursor: pageParam, limit: 50 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** What is still to be done for a contact. */
export function contactTasks(contactId: string) {
  return queryOptions({
    queryKey: taskKeys.of(contactId),
    queryFn: ({ signal }) => body<Page<Task>>(api.GET("/api/v1/tasks", { params: { query: { contact_id: contactId, open: true, limit: 50 } }, signal })),
  });
}

/** What is still to be done for a deal. */
export function dealTasks(dealId: string) {
  return queryOptions({
    queryKey: taskKeys.ofDeal(dealId),
    queryFn: ({ signal }) => body<Page<Task>>(api.GET("/api/v1/tasks", { params: { query: { deal_id: dealId, open: true, limit: 50 } }, signal })),
  });
}

export function createTask(task: TaskContent & { title: string }): Promise<Task> {
  return body<Task>(api.POST("/api/v1/tasks", { body: task }));
}

export function patchTask(id: string, change: TaskChange): Promise<Task> {
  return body<Task>(api.PATCH("/api/v1/tasks/{id}", { params: { path: { id } }, body: change }));
}

export async function removeTask(id: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/tasks/{id}", { params: { path: { id } } });
  if (!response.ok) throw Problem.from(response.status, error);
}
