import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Plug, Plus } from "lucide-react";

import { channels, integrations } from "@/api/integrations";
import { useMay } from "@/api/may";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Page } from "@/ui/page";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { StateChip } from "./state-chip";
import { useConsentResult } from "./use-consent-result";

/** The organization's accounts on channels, and how they are. */
export function IntegrationsPage() {
  useConsentResult();
  const list = useQuery(integrations());
  const known = useQuery(channels());
  const writes = useMay("writeIntegrations");
  const add = writes ? (
    <Button asChild look="primary">
      <Link to="/settings/$page/$item" params={{ page: "integrations", item: "new" }}>
        <Plus /> Connect a channel
      </Link>
    </Button>
  ) : null;
  return (
    <Page title="Integrations" text="Accounts on the platforms your customers write on." act={list.data?.length ? add : null}>
      {list.isPending ? <Rows label="Loading integrations" rows={5} height={64} framed /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data?.length === 0 ? (
        <Empty icon={<Plug />} text="No channel is connected yet.">
          {add}
        </Empty>
      ) : null}
      <ul className="flex flex-col gap-2">
        {list.data?.map((one) => (
          <li key={one.id}>
            <Link
              to="/settings/$page/$item"
              params={{ page: "integrations", item: one.id }}
              className="flex items-center gap-3 rounded-lg border bg-surface px-4 py-3 hover:border-line-strong"
            >
              <ChannelGlyph channel={one.channel} />
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium">{one.name}</p>
                <p className="truncate text-sm text-muted">
                  {known.data?.find((channel) => channel.id === one.channel)?.name ?? one.channel}
                  {" · "}
                  {one.last_inbound_at ? (
                    <>
                      <span className="max-sm:sr-only">last message </span>
                      <Ago at={one.last_inbound_at} />
                    </>
                  ) : (
                    "no message yet"
                  )}
                </p>
                {one.fault ? <p className="text-sm text-negative-text">{one.fault.detail}</p> : null}
              </div>
              <StateChip integration={one} />
              <ChevronRight className="size-4 text-muted" aria-hidden="true" />
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}
