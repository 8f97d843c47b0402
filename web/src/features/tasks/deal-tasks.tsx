import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";

import { useMay } from "@/api/may";
import { useSession } from "@/api/session";
import { createTask, dealTasks } from "@/api/tasks";
import { onTask } from "@/live/tasks";
import { Button } from "@/ui/button";
import { Failed, Lines } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { TaskRow } from "./task-row";
import { fromField } from "./task-words";

interface DealTasksProps {
  dealId: string;
  /** With whom and where the deal is talked about: its tasks are shown there, too. */
  contactId?: string;
  conversationId?: string;
}

/** The next steps of a deal, and a line to add one with the time it is due. */
export function DealTasks({ dealId, contactId, conversationId }: DealTasksProps) {
  const client = useQueryClient();
  const writes = useMay("writeConversations");
  const me = useSession((session) => session.user?.id);
  const found = useQuery(dealTasks(dealId));
  const [title, setTitle] = useState("");
  const [due, setDue] = useState("");
  const tasks = found.data?.data ?? [];

  async function add() {
    const [typed, at] = [title.trim(), due];
    if (!typed) return;
    setTitle("");
    setDue("");
    try {
      const about = conversationId ? { conversation_id: conversationId } : { contact_id: contactId };
      onTask(client, await createTask({ title: typed, due_at: fromField(at), assignee_id: me, deal_id: dealId, ...about }), false);
    } catch (error) {
      setTitle(typed);
      setDue(at);
      toastError(error);
    }
  }
  return (
    <>
      {found.isPending ? <Lines rows={1} /> : null}
      {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data && tasks.length === 0 ? <p className="text-sm text-muted">No next step.</p> : null}
      <ul aria-label="Tasks of the deal">
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} bare />
        ))}
      </ul>
      {writes ? (
        <form
          className="mt-1 flex flex-col gap-1.5"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <input
            dir="auto"
            aria-label="New task of the deal"
            placeholder="Add a next step"
            maxLength={300}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
            className="h-8 w-full rounded-md border border-line-strong bg-surface px-2 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30"
          />
          {title.trim() ? (
            <div className="flex gap-1.5">
              <input
                type="datetime-local"
                aria-label="Due"
                value={due}
                onChange={(event) => setDue(event.target.value)}
                className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-surface px-2 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30"
              />
              <Button type="submit">
                <Plus /> Add
              </Button>
            </div>
          ) : null}
        </form>
      ) : null}
    </>
  );
}
