import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { roles } from "@/api/may";
import { invite, members } from "@/api/organization";
import { isProblem } from "@/api/problem";
import type { Role } from "@/api/types";
import { sentenceCase } from "@/lib/text";
import { Button } from "@/ui/button";
import { CopyField } from "@/ui/copy-field";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { Fault } from "@/ui/states";

const meanings: Record<Role, string> = {
  viewer: "Reads along, changes nothing.",
  agent: "Answers what is theirs, their teams’ or nobody’s.",
  manager: "Sees everything; looks after labels, teams and the flight recorder.",
  admin: "Also connects channels and invites people.",
  owner: "Everything, including billing.",
};

/** Invites by e-mail, and shows the link for those whose mail does not arrive. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("agent");
  const [error, setError] = useState<unknown>();
  const [link, setLink] = useState<string>();
  const fault = isProblem(error) ? error.fields.email : undefined;

  async function send() {
    setError(undefined);
    try {
      const { token } = await invite(email, role);
      void client.invalidateQueries({ queryKey: members().queryKey });
      if (token) setLink(`${location.origin}/accept-invitation?token=${encodeURIComponent(token)}`);
      else onClose();
    } catch (caught) {
      setError(caught);
    }
  }
  if (link) {
    return (
      <Dialog open onClose={onClose} title="The invitation is on its way" description={`${email} gets it by mail. You can also pass the link on yourself; it works once.`}>
        <CopyField label="Invitation link" value={link} />
        <div className="mt-5 flex justify-end">
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open onClose={onClose} title="Invite a member">
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {fault ? null : <Fault error={error} />}
        <Field label="E-mail" error={fault}>
          {(props) => <Input {...props} type="email" autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />}
        </Field>
        <Field label="Role" help={meanings[role]}>
          {(props) => (
            <Select {...props} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {roles
                .filter((one) => one !== "owner")
                .map((one) => (
                  <option key={one} value={one}>
                    {sentenceCase(one)}
                  </option>
                ))}
            </Select>
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Send invitation
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
