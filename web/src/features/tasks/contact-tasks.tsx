import { type ReactNode, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { useMay } from "@/api/may";
import { contactTasks, createTask, type Task, taskKeys } from "@/api/tasks";
import { useSession } from "@/api/session";
import { Failed, Lines } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { TaskRow } from "./task-row";

interface ContactTasksProps {
  contactId: string;
  /** Where new ones belong. */
  conversationId?: string;
  call?: (task: Task) => ReactNode;
}

/** What is still to be done for a contact, and a line to add to it. */
export function ContactTasks({ contactId, conversationId, call }: ContactTasksProps) {
  const client = useQueryClient();
  const writes = useMay("writeConversations");
  const me = useSession((session) => session.user?.id);
  const found = useQuery(contactTasks(contactId));
  const [typed, setTyped] = useState("");
  const tasks = found.data?.data ?? [];

  async function add() {
    const title = typed.trim();
    if (!title) return;
    setTyped("");
    try {
      await createTask({ title, assignee_id: me, ...(conversationId ? { conversation_id: conversationId } : { contact_id: contactId }) });
      void client.invalidateQueries({ queryKey: taskKeys.all });
    } catch (error) {
      setTyped(title);
      toastError(error);
    }
  }
  return (
    <>
      {found.isPending ? <Lines rows={1} /> : null}
      {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data && tasks.length === 0 && !writes ? <p className="text-sm text-muted">None.</p> : null}
      <ul aria-label="Tasks for the contact">
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} bare call={call} />
        ))}
      </ul>
      {writes ? (
        <form
          className="mt-1"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <input
            dir="auto"
            aria-label="New task for the contact"
            placeholder="Add a task"
            maxLength={300}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            className="h-8 w-full rounded-md border border-line-strong bg-surface px-2 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30"
          />
        </form>
      ) : null}
    </>
  );
}
