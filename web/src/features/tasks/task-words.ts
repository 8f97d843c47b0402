import type { Task, TaskKind } from "@/api/tasks";
import { dayKey } from "@/lib/time";

export const kindNames: Record<TaskKind, string> = { to_do: "To do", callback: "Call back", follow_up: "Follow up", meeting: "Meeting" };

/** Under which heading an open task stands. */
export function dueGroup(task: Task, now = Date.now()): "Overdue" | "Today" | "Later" | "Whenever" {
  if (!task.due_at) return "Whenever";
  if (new Date(task.due_at).getTime() <= now) return "Overdue";
  return dayKey(task.due_at) === dayKey(new Date(now).toISOString()) ? "Today" : "Later";
}

/** The value of a field for date and time, in the reader's own time zone; and back. */
export function toField(at: string | null | undefined): string {
  if (!at) return "";
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromField(value: string): string | null {
  const at = new Date(value);
  return value && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
