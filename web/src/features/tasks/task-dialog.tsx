import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { members, teams } from "@/api/organization";
import { createTask, type Task, type TaskContent, taskKeys, type TaskKind } from "@/api/tasks";
import { changeTask } from "@/live/tasks";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { Fault } from "@/ui/states";
import { fromField, kindNames, toField } from "./task-words";

interface TaskDialogProps {
  /** The one that is changed; without it a new one is made. */
  task?: Task;
  onClose: () => void;
}

/** All of a task on one form. */
export function TaskDialog({ task, onClose }: TaskDialogProps) {
  const client = useQueryClient();
  const people = (useQuery(members()).data ?? []).filter((one) => !one.deactivated_at && !one.invited && one.role !== "viewer");
  const groups = useQuery(teams()).data ?? [];
  const [title, setTitle] = useState(task?.title ?? "");
  const [kind, setKind] = useState<TaskKind>(task?.kind ?? "to_do");
  const [due, setDue] = useState(toField(task?.due_at));
  const [assignee, setAssignee] = useState(task?.assignee_id ?? "");
  const [team, setTeam] = useState(task?.team_id ?? "");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();

  async function save() {
    const content: TaskContent & { title: string } = { title: title.trim(), kind, assignee_id: assignee || null, team_id: team || null };
    // The field knows no seconds: a time that nobody touched stays as it is.
    if (due !== toField(task?.due_at)) content.due_at = fromField(due);
    setBusy(true);
    setFault(undefined);
    try {
      if (task) await changeTask(client, task, { ...content, version: task.version });
      else {
        await createTask(content);
        void client.invalidateQueries({ queryKey: taskKeys.all });
      }
      onClose();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={onClose} title={task ? "Edit task" : "New task"}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (title.trim()) void save();
        }}
      >
        <Field label="What is to be done">{(props) => <Input {...props} autoFocus maxLength={300} value={title} onChange={(event) => setTitle(event.target.value)} />}</Field>
        <div className="grid grid-cols-2 gap-3 max-md:grid-cols-1">
          <Field label="Kind">
            {(props) => (
              <Select {...props} value={kind} onChange={(event) => setKind(event.target.value as TaskKind)}>
                {Object.entries(kindNames).map(([id, name]) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Due" optional>
            {(props) => <Input {...props} type="datetime-local" value={due} onChange={(event) => setDue(event.target.value)} />}
          </Field>
          <Field label="Who does it" optional>
            {(props) => <Choice {...props} value={assignee} onChange={setAssignee} choices={people} />}
          </Field>
          <Field label="Team" optional>
            {(props) => <Choice {...props} value={team} onChange={setTeam} choices={groups} />}
          </Field>
        </div>
        <Fault error={fault} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={busy || !title.trim()}>
            {task ? "Save" : "Add task"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Choice({ choices, value, onChange, ...rest }: { id: string; value: string; choices: { id: string; name: string }[]; onChange: (id: string) => void }) {
  return (
    <Select {...rest} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">Nobody</option>
      {choices.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name}
        </option>
      ))}
    </Select>
  );
}
