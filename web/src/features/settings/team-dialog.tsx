import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { members, teams } from "@/api/organization";
import { createTeam, patchTeam } from "@/api/organization-changes";
import { isProblem } from "@/api/problem";
import type { Team } from "@/api/types";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";

export function TeamDialog({ team, onClose }: { team?: Team; onClose: () => void }) {
  const people = useQuery(members());
  const client = useQueryClient();
  const [name, setName] = useState(team?.name ?? "");
  const [description, setDescription] = useState(team?.description ?? "");
  const [chosen, setChosen] = useState(() => new Set(team?.members.map((member) => member.id)));
  const [error, setError] = useState<unknown>();
  const fields = isProblem(error) ? error.fields : {};

  async function save() {
    const form = { name, description, member_ids: [...chosen] };
    try {
      await (team ? patchTeam(team.id, { ...form, version: team.version }) : createTeam(form));
      void client.invalidateQueries({ queryKey: teams().queryKey });
      onClose();
    } catch (caught) {
      setError(caught);
    }
  }
  function toggle(id: string) {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  }
  return (
    <Dialog open onClose={onClose} title={team ? `Change ${team.name}` : "New team"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {fields.name ? null : <Fault error={error} />}
        <Field label="Name" error={fields.name}>
          {(props) => <Input {...props} autoFocus value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="What it looks after" optional>
          {(props) => <Input {...props} value={description} onChange={(event) => setDescription(event.target.value)} />}
        </Field>
        <fieldset>
          <legend className="mb-1 text-sm font-medium">Members</legend>
          <div className="max-h-56 overflow-y-auto rounded-md border p-1">
            {people.data
              ?.filter((person) => !person.deactivated_at && !person.invited)
              .map((person) => (
                <label key={person.id} className="flex h-9 cursor-pointer items-center gap-2 rounded-md px-2 hover:bg-line/50">
                  <input type="checkbox" className="size-4 accent-accent" checked={chosen.has(person.id)} onChange={() => toggle(person.id)} />
                  <Avatar name={person.name} seed={person.id} size="xs" />
                  {person.name}
                </label>
              ))}
          </div>
        </fieldset>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            {team ? "Save" : "Create team"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
