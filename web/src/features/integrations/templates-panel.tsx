import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";

import { syncTemplates } from "@/api/integration-changes";
import { integrations, templates } from "@/api/integrations";
import { useMay } from "@/api/may";
import type { Integration } from "@/api/types";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Panel } from "@/ui/page";
import { Failed, Lines } from "@/ui/states";
import { toastError } from "@/ui/toast";

const tones = { approved: "positive", pending: "warning", rejected: "negative", paused: "warning", disabled: "negative" } as const;

export function TemplatesPanel({ integration }: { integration: Integration }) {
  const list = useQuery(templates(integration.id));
  const client = useQueryClient();
  const writes = useMay("writeIntegrations");
  const [busy, setBusy] = useState(false);

  async function sync() {
    setBusy(true);
    await syncTemplates(integration.id).catch(toastError);
    await Promise.all([client.invalidateQueries({ queryKey: templates(integration.id).queryKey }), client.invalidateQueries({ queryKey: integrations().queryKey })]);
    setBusy(false);
  }
  return (
    <Panel title="Templates">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm text-muted">{integration.templates_synced_at ? <>Fetched <Ago at={integration.templates_synced_at} />.</> : "Not fetched yet."}</p>
        {writes ? (
          <Button busy={busy} onClick={() => void sync()}>
            <RefreshCw /> Fetch templates
          </Button>
        ) : null}
      </div>
      {list.isPending ? <Lines rows={3} /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      <ul className="divide-y divide-line">
        {list.data?.map((one) => (
          <li key={`${one.name}/${one.language}`} className="flex items-start gap-2 py-2">
            <div className="min-w-0 flex-1">
              <p className="truncate font-medium">
                {one.name.replaceAll("_", " ")} <span className="font-normal text-muted">{one.language}</span>
              </p>
              <p className="line-clamp-2 text-sm text-muted">{one.body}</p>
            </div>
            <Chip tone={one.status in tones ? tones[one.status as keyof typeof tones] : "neutral"}>{one.status}</Chip>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
