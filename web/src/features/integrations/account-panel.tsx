import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { patchIntegration } from "@/api/integration-changes";
import { integrations } from "@/api/integrations";
import { isProblem } from "@/api/problem";
import type { Channel, Integration } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Panel } from "@/ui/page";
import { Fault } from "@/ui/states";
import { toast } from "@/ui/toast";
import { AccountFields } from "@/ui/account-form/account-fields";
import { changes, type Values } from "@/ui/account-form/account-values";

/** Changes the name or single fields. */
export function AccountPanel({ integration, channel }: { integration: Integration; channel: Channel }) {
  const client = useQueryClient();
  const [name, setName] = useState(integration.name);
  const [values, setValues] = useState<Values>({});
  const [error, setError] = useState<unknown>();
  const faults = isProblem(error) ? error.fields : {};
  const account = changes(values, channel.account_form, integration.account);
  const changed = name.trim() !== integration.name || Object.keys(account).length > 0;

  async function save() {
    setError(undefined);
    try {
      await patchIntegration(integration.id, { name: name.trim(), account: Object.keys(account).length ? account : undefined, version: integration.version });
      setValues({});
      toast("Saved.");
      await client.invalidateQueries({ queryKey: integrations().queryKey });
    } catch (caught) {
      setError(caught);
    }
  }
  return (
    <Panel title="Account">
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Fault error={error} />
        <Field label="Name" error={faults.name}>
          {(props) => <Input {...props} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <AccountFields fields={channel.account_form} values={values} faults={faults} stored={integration.account} onChange={setValues} />
        <Button type="submit" look="primary" className="self-start" disabled={!changed}>
          Save
        </Button>
      </form>
    </Panel>
  );
}
