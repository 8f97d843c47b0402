import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { members, patchMe } from "@/api/organization";
import { isProblem } from "@/api/problem";
import { useSession } from "@/api/session";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { Page, Panel } from "@/ui/page";

export function ProfilePage() {
  const user = useSession((session) => session.user);
  const role = useSession((session) => session.role);
  const client = useQueryClient();
  const [name, setName] = useState(user?.name ?? "");

  async function save() {
    if (!user) return;
    try {
      await patchMe({ name: name.trim() });
      useSession.setState({ user: { ...user, name: name.trim() } });
      void client.invalidateQueries({ queryKey: members().queryKey });
      toast("Your name was changed.");
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <Page title="My profile" text={`${user?.email ?? ""}, ${role ?? ""}`}>
      <Panel>
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <div className="flex-1">
            <Field label="Name" help="Colleagues see it; customers do, where the channel shows names.">
              {(props) => <Input {...props} autoComplete="name" value={name} onChange={(event) => setName(event.target.value)} />}
            </Field>
          </div>
          <Button type="submit" look="primary" className="mb-5 h-9" disabled={!name.trim() || name.trim() === user?.name}>
            Save
          </Button>
        </form>
      </Panel>
      <PasswordPanel />
    </Page>
  );
}

function PasswordPanel() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [error, setError] = useState<unknown>();
  const fields = isProblem(error) ? error.fields : {};

  async function save() {
    setError(undefined);
    try {
      await patchMe({ current_password: current, new_password: next });
      setCurrent("");
      setNext("");
      toast("Your password was changed. Your other sessions have ended.");
    } catch (caught) {
      setError(caught);
    }
  }
  return (
    <Panel title="Password">
      <form
        className="flex max-w-sm flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {Object.keys(fields).length ? null : <Fault error={error} />}
        <Field label="Current password" error={fields.current_password}>
          {(props) => <Input {...props} type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />}
        </Field>
        <Field label="New password" error={fields.new_password}>
          {(props) => <Input {...props} type="password" autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} />}
        </Field>
        <Button type="submit" className="self-start" disabled={!current || !next}>
          Change password
        </Button>
      </form>
    </Panel>
  );
}
