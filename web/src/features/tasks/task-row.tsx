import { type ReactNode, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CalendarClock, Check, MoreHorizontal, Pencil, PhoneIncoming, Trash2, UserPlus } from "lucide-react";

import { useMay } from "@/api/may";
import { members, teams } from "@/api/organization";
import { useSession } from "@/api/session";
import type { Task, TaskChange } from "@/api/tasks";
import { classes } from "@/lib/classes";
import { exact, moment } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { changeTask, deleteTask } from "@/live/tasks";
import { IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { toast, toastError } from "@/ui/toast";
import { dueGroup, kindNames } from "./task-words";

const TaskDialog = late(() => import("./task-dialog").then((module) => module.TaskDialog));
const TimeDialog = late(() => import("@/ui/time-dialog").then((module) => module.TimeDialog));

interface TaskRowProps {
  task: Task;
  /** The person is known from what stands around it. */
  bare?: boolean;
  /** Calls whom the task is about. */
  call?: (task: Task) => ReactNode;
}

/** One task: ticked off, opened, called and changed where it stands. */
export function TaskRow({ task, bare, call }: TaskRowProps) {
  const client = useQueryClient();
  const writes = useMay("writeConversations");
  const me = useSession((session) => session.user?.id);
  const [dialog, setDialog] = useState<"edit" | "time">();
  const now = useNow(30_000);
  const overdue = !task.done_at && dueGroup(task, now) === "Overdue";
  const change = (what: TaskChange) => changeTask(client, task, what).catch(toastError);

  function tick() {
    const done = !task.done_at;
    void changeTask(client, task, { done })
      .then((after) => {
        if (done) toast("Task done.", { act: { label: "Undo", run: () => void changeTask(client, after, { done: false }).catch(toastError) } });
      })
      .catch(toastError);
  }
  return (
    <li className={classes("group flex items-start gap-2.5", bare ? "py-1.5" : "px-4 py-2.5")} data-task={task.id}>
      <button
        type="button"
        role="checkbox"
        aria-checked={task.done_at !== null}
        aria-label={`Done: ${task.title}`}
        disabled={!writes}
        onClick={tick}
        className={classes(
          "relative mt-0.5 flex size-5 shrink-0 after:absolute after:-inset-2 items-center justify-center rounded-full border-2 disabled:opacity-50",
          task.done_at ? "border-positive bg-positive text-surface" : "border-line-strong hover:border-positive",
        )}
      >
        {task.done_at ? <Check className="size-3.5" strokeWidth={3} /> : null}
      </button>
      <div className="min-w-0 flex-1">
        <p dir="auto" className={classes("text-left break-words", task.done_at && "text-muted line-through")}>
          {task.title}
        </p>
        <p className="flex flex-wrap items-center gap-x-1.5 text-xs text-muted">
          {task.kind === "callback" ? <PhoneIncoming className="size-3" aria-hidden="true" /> : null}
          {task.kind !== "to_do" && kindNames[task.kind] !== task.title ? <span>{kindNames[task.kind]}</span> : null}
          {bare ? null : <About task={task} />}
          {task.due_at ? (
            <time dateTime={task.due_at} title={exact(task.due_at)} className={overdue ? "font-medium text-negative-text" : undefined}>
              {overdue ? "Due " : ""}
              {moment(task.due_at)}
            </time>
          ) : null}
          <Holder task={task} />
        </p>
      </div>
      {task.kind === "callback" && !task.done_at && writes ? call?.(task) : null}
      {writes ? (
        <Menu
          align="end"
          trigger={
            <IconButton small label={`More about the task ${task.title}`}>
              <MoreHorizontal />
            </IconButton>
          }
        >
          {me && task.assignee_id !== me ? (
            <MenuItem icon={<UserPlus />} onSelect={() => void change({ assignee_id: me })}>
              Take it
            </MenuItem>
          ) : null}
          <MenuItem icon={<CalendarClock />} onSelect={() => setDialog("time")}>
            Another time
          </MenuItem>
          <MenuItem icon={<Pencil />} onSelect={() => setDialog("edit")}>
            Edit
          </MenuItem>
          <MenuItem icon={<Trash2 />} danger onSelect={() => void deleteTask(client, task).catch(toastError)}>
            Delete
          </MenuItem>
        </Menu>
      ) : null}
      {dialog === "edit" ? <TaskDialog task={task} onClose={() => setDialog(undefined)} /> : null}
      {dialog === "time" ? (
        <TimeDialog
          title="When it is due"
          act="Choose"
          onClose={() => setDialog(undefined)}
          onChoose={(at) => {
            setDialog(undefined);
            void change({ due_at: at.toISOString() });
          }}
        />
      ) : null}
    </li>
  );
}

/** Whom it is about; leads to where it came from. */
function About({ task }: { task: Task }) {
  const name = task.contact?.name || task.contact?.phone || "Unnamed";
  const look = "max-w-60 truncate font-medium text-accent-text hover:underline";
  if (task.conversation) {
    return (
      <Link to="/inbox/$conversationId" params={{ conversationId: task.conversation.id }} className={look}>
        {name}
      </Link>
    );
  }
  if (!task.contact) return null;
  return (
    <Link to="/contacts/$contactId" params={{ contactId: task.contact.id }} className={look}>
      {name}
    </Link>
  );
}

/** Who has it: a member, or a team. */
function Holder({ task }: { task: Task }) {
  const me = useSession((session) => session.user?.id);
  const people = useQuery({ ...members(), enabled: task.assignee_id !== null });
  const groups = useQuery({ ...teams(), enabled: task.team_id !== null });
  const member = people.data?.find((one) => one.id === task.assignee_id);
  const team = groups.data?.find((one) => one.id === task.team_id);
  const name = task.assignee_id && task.assignee_id === me ? "You" : (member?.name ?? team?.name);
  return name ? <span className="truncate">· {name}</span> : null;
}
