import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { useMay } from "@/api/may";
import { currentOrganization, patchOrganization } from "@/api/organization";
import { isProblem } from "@/api/problem";
import { useSession } from "@/api/session";
import type { Organization, OrganizationChange } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Panels } from "@/ui/skeletons";
import { Failed } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { toast, toastError } from "@/ui/toast";
import { Page, Panel } from "@/ui/page";

export function OrganizationPage() {
  const found = useQuery(currentOrganization());
  return (
    <Page title="Organization">
      {found.isPending ? <Panels label="Loading the organization" lines={[2, 3, 2]} /> : null}
      {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data ? <Form organization={found.data} /> : null}
    </Page>
  );
}

function Form({ organization }: { organization: Organization }) {
  const client = useQueryClient();
  const writes = useMay("writeOrganization");
  const [name, setName] = useState(organization.name);

  async function change(to: OrganizationChange) {
    const { queryKey } = currentOrganization();
    client.setQueryData(queryKey, { ...organization, ...to });
    try {
      const changed = await patchOrganization({ ...to, version: organization.version });
      client.setQueryData(queryKey, changed);
      useSession.setState({ organization: { id: changed.id, name: changed.name } });
      if (to.name) toast("The name was changed.");
    } catch (error) {
      client.setQueryData(queryKey, organization);
      if (isProblem(error) && error.status === 409) void client.invalidateQueries({ queryKey });
      toastError(error);
    }
  }
  return (
    <>
      <Panel>
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void change({ name: name.trim() });
          }}
        >
          <div className="flex-1">
            <Field label="Name">{(props) => <Input {...props} disabled={!writes} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
          </div>
          {writes ? (
            <Button type="submit" look="primary" className="h-9" disabled={!name.trim() || name.trim() === organization.name}>
              Save
            </Button>
          ) : null}
        </form>
      </Panel>
      <Panel title="Conversations">
        <Switch
          label="Agents see all conversations"
          help="Otherwise an agent sees what is theirs, their teams’ and nobody’s."
          checked={organization.agents_see_all}
          disabled={!writes}
          onChange={(agents_see_all) => void change({ agents_see_all })}
        />
        <Switch
          label="Go on in a closed conversation"
          help="When the customer writes again, the closed conversation opens. Otherwise a new one begins."
          checked={organization.single_thread}
          disabled={!writes}
          onChange={(single_thread) => void change({ single_thread })}
        />
      </Panel>
      <Panel title="What customers are told">
        <Switch
          label="Read receipts"
          help="Customers see that their message was read, on channels that can show it."
          checked={organization.send_read_receipts}
          disabled={!writes}
          onChange={(send_read_receipts) => void change({ send_read_receipts })}
        />
        <Switch
          label="Typing"
          help="Customers see that somebody is writing an answer."
          checked={organization.send_typing}
          disabled={!writes}
          onChange={(send_typing) => void change({ send_typing })}
        />
      </Panel>
    </>
  );
}
