import { expect, test } from "vitest";

import type { Task } from "@/api/tasks";
import { dueGroup, fromField, toField } from "./task-words";

const now = new Date(2026, 4, 4, 12).getTime();
const due = (at: Date | null) => dueGroup({ due_at: at?.toISOString() ?? null } as Task, now);

test("open tasks stand under what is overdue, today's, later and whenever", () => {
  expect(due(new Date(2026, 4, 4, 11, 59))).toBe("Overdue");
  expect(due(new Date(2026, 4, 4, 12))).toBe("Overdue");
  expect(due(new Date(2026, 4, 4, 23, 59))).toBe("Today");
  expect(due(new Date(2026, 4, 5, 0, 1))).toBe("Later");
  expect(due(null)).toBe("Whenever");
});

test("a time goes into its field and comes back", () => {
  const at = new Date(2026, 4, 4, 9, 30).toISOString();
  expect(toField(at)).toBe("2026-05-04T09:30");
  expect(fromField(toField(at))).toBe(at);
  expect(toField(null)).toBe("");
  expect(fromField("")).toBeNull();
});
