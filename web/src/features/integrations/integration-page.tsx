import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, KeyRound, Pause, Play, Trash2 } from "lucide-react";

import { pauseIntegration, reauthorise, removeIntegration, resumeIntegration } from "@/api/integration-changes";
import { channels, integration, integrations } from "@/api/integrations";
import { useMay } from "@/api/may";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Page, Panel } from "@/ui/page";
import { Panels } from "@/ui/skeletons";
import { Failed } from "@/ui/states";
import { toast, toastError } from "@/ui/toast";
import { AccountPanel } from "./account-panel";
import { AddressPanel } from "./address-panel";
import { canRenew, mended } from "./consent";
import { EmbedPanel } from "./embed-panel";
import { HealthPanel } from "./health-panel";
import { LivePanel } from "./live-panel";
import { MirrorPanel } from "./mirror-panel";
import { NoticesPanel } from "./notices-panel";
import { SilencePanel } from "./silence-panel";
import { Standing } from "./standing";
import { StateChip } from "./state-chip";
import { TemplatesPanel } from "./templates-panel";

/** One account: its health, its address for callbacks, its templates, its fields. */
export function IntegrationPage({ id }: { id: string }) {
  const found = useQuery(integration(id));
  const known = useQuery(channels());
  const client = useQueryClient();
  const navigate = useNavigate();
  const writes = useMay("writeIntegrations");
  const [leaving, setLeaving] = useState(false);
  const one = found.data;
  const channel = known.data?.find((other) => other.id === one?.channel);

  async function run(act: Promise<unknown>) {
    await act.catch(toastError);
    await client.invalidateQueries({ queryKey: integrations().queryKey });
  }
  async function remove() {
    setLeaving(false);
    try {
      await removeIntegration(id);
      void client.invalidateQueries({ queryKey: integrations().queryKey });
      toast("The account is disconnected. Its conversations stay.");
      await navigate({ to: "/settings/$page", params: { page: "integrations" } });
    } catch (error) {
      toastError(error);
    }
  }
  const renews = one !== undefined && canRenew(one, channel);
  const back = (
    <Button asChild look="quiet">
      <Link to="/settings/$page" params={{ page: "integrations" }}>
        <ArrowLeft /> Integrations
      </Link>
    </Button>
  );
  if (found.isPending) {
    return (
      <Page title="Integration" act={back}>
        <Panels label="Loading the integration" lines={[1, 2, 2, 4]} />
      </Page>
    );
  }
  if (!one) {
    return (
      <Page title="Integration" act={back}>
        <Failed error={found.error} onRetry={() => void found.refetch()} />
      </Page>
    );
  }
  return (
    <Page title={one.name} text={channel?.name ?? one.channel} act={back}>
      <Panel>
        <div className="flex flex-wrap items-center gap-2">
          <StateChip integration={one} />
          <p className="flex-1 basis-48 text-sm text-muted">
            {one.last_inbound_at ? (
              <>
                Last message in <Ago at={one.last_inbound_at} />
              </>
            ) : (
              "No message has come in yet"
            )}
            {one.last_outbound_at ? (
              <>
                , last out <Ago at={one.last_outbound_at} />
              </>
            ) : null}
            .
          </p>
          {writes && renews ? (
            <Button onClick={() => void reauthorise(id).then((url) => window.location.assign(url), toastError)}>
              <KeyRound /> Renew consent
            </Button>
          ) : null}
          {writes && one.status === "paused" ? (
            <Button onClick={() => void run(resumeIntegration(id))}>
              <Play /> Resume
            </Button>
          ) : null}
          {writes && one.status !== "paused" ? (
            <Button onClick={() => void run(pauseIntegration(id))}>
              <Pause /> Pause
            </Button>
          ) : null}
        </div>
        <Standing integration={one} />
        {one.fault ? (
          <p className="mt-3 rounded-md bg-negative-quiet px-3 py-2 text-sm text-negative-text">
            {mended(one.fault, renews)}
          </p>
        ) : null}
      </Panel>
      <HealthPanel integration={one} />
      {one.live ? <LivePanel live={one.live} /> : null}
      {one.notices?.length ? <NoticesPanel notices={one.notices} /> : null}
      {one.channel === "webchat" ? <EmbedPanel integration={one} /> : <AddressPanel integration={one} channel={channel} />}
      {channel?.abilities.templates ? <TemplatesPanel integration={one} /> : null}
      {channel?.mirrors && writes ? <MirrorPanel key={one.mirror?.place.id ?? "none"} integration={one} /> : null}
      {writes ? <SilencePanel key={one.version} integration={one} /> : null}
      {channel && writes ? <AccountPanel integration={one} channel={channel} /> : null}
      {writes ? (
        <Button look="danger" onClick={() => setLeaving(true)}>
          <Trash2 /> Disconnect
        </Button>
      ) : null}
      <Confirm
        open={leaving}
        title={`Disconnect ${one.name}?`}
        text="Nothing more comes in or goes out on this account. Its conversations stay."
        act="Disconnect"
        onClose={() => setLeaving(false)}
        onConfirm={() => void remove()}
      />
    </Page>
  );
}
