import { Fragment, type ReactNode } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ListTodo } from "lucide-react";

import { type Task, taskList, type TaskView } from "@/api/tasks";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { TaskRow } from "./task-row";
import { dueGroup } from "./task-words";

const nothing: Record<TaskView, string> = {
  mine: "You have nothing to do. Missed calls and tasks that others give you appear here.",
  open: "Nothing is left to do.",
  done: "Nothing was done yet.",
};

/** The tasks of a view; open ones under when they are due. */
export function TaskList({ view, call }: { view: TaskView; call?: (task: Task) => ReactNode }) {
  const list = useInfiniteQuery(taskList(view));
  const now = useNow(30_000);
  const tasks = list.data?.pages.flatMap((page) => page.data) ?? [];
  if (list.isPending) return <Rows label="Loading tasks" rows={8} framed />;
  if (list.isError && tasks.length === 0) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  if (tasks.length === 0) return <Empty icon={<ListTodo />} text={nothing[view]} />;
  const heading = (task: Task) => (view === "done" ? undefined : dueGroup(task, now));
  return (
    <>
      <ul aria-label="Tasks" className="divide-y divide-line/70 overflow-hidden rounded-lg border bg-surface">
        {tasks.map((task, index) => {
          const before = tasks[index - 1];
          const group = heading(task);
          return (
            <Fragment key={task.id}>
              {group && (!before || heading(before) !== group) ? <li className="bg-canvas px-4 py-1.5 text-xs font-medium text-muted">{group}</li> : null}
              <TaskRow task={task} call={call} />
            </Fragment>
          );
        })}
      </ul>
      {list.hasNextPage ? (
        <Button className="mx-auto mt-3 flex" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      ) : null}
    </>
  );
}
