import { useState } from "react";
import { Link, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";

import { useMay } from "@/api/may";
import { type Task, taskViews } from "@/api/tasks";
import { CallContact } from "@/features/contact/call-contact";
import { TaskList } from "@/features/tasks/task-list";
import { classes } from "@/lib/classes";
import { Button } from "@/ui/button";
import { late } from "@/ui/late";
import { Page } from "@/ui/page";

const TaskDialog = late(() => import("@/features/tasks/task-dialog").then((module) => module.TaskDialog));

const names = { mine: "Mine", open: "All open", done: "Done" };

/** What is to be done: by oneself, by everybody, and what was. */
export function Tasks() {
  const { view: asked } = useSearch({ strict: false });
  const view = taskViews.find((one) => one === asked) ?? "mine";
  const writes = useMay("writeConversations");
  const [adding, setAdding] = useState(false);
  const add = (
    <Button look="primary" onClick={() => setAdding(true)}>
      <Plus /> New task
    </Button>
  );
  return (
    <main className="h-full overflow-y-auto bg-canvas">
      <Page title="Tasks" act={writes ? add : null}>
        <nav aria-label="Task views" className="mb-4 flex w-fit gap-1 rounded-md bg-line/50 p-0.5">
          {taskViews.map((one) => (
            <Link
              key={one}
              to="/tasks"
              search={{ view: one }}
              aria-current={one === view ? "page" : undefined}
              className={classes("flex h-7 items-center rounded-md px-3 text-sm", one === view ? "bg-surface font-medium shadow-sm" : "text-muted hover:text-text")}
            >
              {names[one]}
            </Link>
          ))}
        </nav>
        <TaskList key={view} view={view} call={callFor} />
      </Page>
      {adding ? <TaskDialog onClose={() => setAdding(false)} /> : null}
    </main>
  );
}

/** Calls back on the number that was called, where it can. */
export function callFor(task: Task) {
  if (!task.contact?.phone) return null;
  return <CallContact contactId={task.contact.id} name={task.contact.name || task.contact.phone} integrationId={task.conversation?.integration_id} />;
}
