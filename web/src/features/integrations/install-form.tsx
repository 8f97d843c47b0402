import { useState } from "react";
import { ExternalLink } from "lucide-react";

import { beginInstall } from "@/api/integration-changes";
import { isProblem } from "@/api/problem";
import type { Channel, FormField } from "@/api/types";
import { Button } from "@/ui/button";
import { CopyField } from "@/ui/copy-field";
import { Panel } from "@/ui/page";
import { Fault } from "@/ui/states";
import { AccountFields } from "@/ui/account-form/account-fields";
import { filledIn, type Values } from "@/ui/account-form/account-values";

/** Connects by consent: the app's keys first, then the platform's own page. */
export function InstallForm({ channel, fields }: { channel: Channel; fields: FormField[] }) {
  const [values, setValues] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  async function go() {
    setBusy(true);
    setError(undefined);
    try {
      window.location.assign(await beginInstall(channel.id, filledIn(values)));
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  }
  return (
    <Panel title="By consent">
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <p className="text-sm text-muted">The easier way: enter your app's keys, agree on the platform's own page, and come back here. First allow this address there as a redirect:</p>
        <CopyField label="Redirect address" value={`${window.location.origin}/oauth/${channel.id}/callback`} />
        <Fault error={error} />
        <AccountFields fields={fields} values={values} faults={isProblem(error) ? error.fields : {}} onChange={setValues} />
        <Button type="submit" look="primary" busy={busy} className="self-start">
          <ExternalLink /> Go on to {channel.name}
        </Button>
      </form>
    </Panel>
  );
}
