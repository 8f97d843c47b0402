import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";

import { channels, integrations } from "@/api/integrations";
import { connect } from "@/api/integration-changes";
import { isProblem } from "@/api/problem";
import type { Channel } from "@/api/types";
import { classes } from "@/lib/classes";
import { Button } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Field, Input } from "@/ui/field";
import { Page, Panel } from "@/ui/page";
import { Failed, Fault, Lines } from "@/ui/states";
import { toast } from "@/ui/toast";
import { AccountFields } from "@/ui/account-form/account-fields";
import { filledIn, type Values } from "@/ui/account-form/account-values";
import { GuideLink } from "./guide-link";
import { InstallForm } from "./install-form";

/** Connects an account: which channel, then what it asks for. */
export function ConnectPage() {
  const known = useQuery(channels());
  const [chosen, setChosen] = useState<string>();
  const channel = known.data?.find((one) => one.id === chosen) ?? (known.data?.length === 1 ? known.data[0] : undefined);
  return (
    <Page
      title="Connect a channel"
      text="Choose where your customers write; then enter what that platform gives you."
      act={
        <Button asChild look="quiet">
          <Link to="/settings/$page" params={{ page: "integrations" }}>
            <ArrowLeft /> Integrations
          </Link>
        </Button>
      }
    >
      {known.isPending ? <Lines rows={4} /> : null}
      {known.isError ? <Failed error={known.error} onRetry={() => void known.refetch()} /> : null}
      <div role="radiogroup" aria-label="Channel" className="mb-5 grid grid-cols-2 gap-2 sm:grid-cols-3">
        {known.data?.map((one) => (
          <button
            key={one.id}
            type="button"
            role="radio"
            aria-checked={one.id === channel?.id}
            onClick={() => setChosen(one.id)}
            className={classes("flex h-12 min-w-0 items-center gap-2.5 rounded-md border px-3 font-medium", one.id === channel?.id ? "border-accent bg-accent-quiet on-tint" : "bg-surface hover:border-line-strong")}
          >
            <ChannelGlyph channel={one.id} />
            <span className="truncate">{one.name}</span>
          </button>
        ))}
      </div>
      {channel ? <GuideLink channel={channel} /> : null}
      {channel?.install_form ? <InstallForm key={`consent/${channel.id}`} channel={channel} fields={channel.install_form} /> : null}
      {channel ? <ConnectForm key={channel.id} channel={channel} /> : null}
    </Page>
  );
}

function ConnectForm({ channel }: { channel: Channel }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(channel.name);
  const [values, setValues] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const faults = isProblem(error) ? error.fields : {};

  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      const made = await connect({ channel: channel.id, name, account: filledIn(values) });
      void client.invalidateQueries({ queryKey: integrations().queryKey });
      toast(`${made.name} is connected.`);
      await navigate({ to: "/settings/$page/$item", params: { page: "integrations", item: made.id } });
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  }
  return (
    <Panel title={channel.install_form ? "By hand" : undefined}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Fault error={error} />
        <Field label="Name" help="For your team: which shop, which number." error={faults.name}>
          {(props) => <Input {...props} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <AccountFields fields={channel.account_form} values={values} faults={faults} onChange={setValues} />
        <Button type="submit" look="primary" busy={busy} className="self-start">
          Connect {channel.name}
        </Button>
      </form>
    </Panel>
  );
}
