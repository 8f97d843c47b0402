import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Stethoscope } from "lucide-react";

import { testIntegration } from "@/api/integration-changes";
import { integrations } from "@/api/integrations";
import { useMay } from "@/api/may";
import type { Check, Integration } from "@/api/types";
import { capital, ended, sentenceCase } from "@/lib/text";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Panel } from "@/ui/page";
import { toastError } from "@/ui/toast";

/** The list of checks: what is right, and what to do about what is not. */
export function HealthPanel({ integration }: { integration: Integration }) {
  const client = useQueryClient();
  const writes = useMay("writeIntegrations");
  const [busy, setBusy] = useState(false);
  const [fresh, setFresh] = useState<Check[]>();
  const checks = fresh ?? integration.checks ?? [];

  async function test() {
    setBusy(true);
    try {
      setFresh((await testIntegration(integration.id)).checks);
      void client.invalidateQueries({ queryKey: integrations().queryKey });
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Panel title="Health">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm text-muted">
          {fresh ? "Tested just now." : integration.checked_at ? <>Tested <Ago at={integration.checked_at} />.</> : "Not tested yet: a test asks the platform about the token, the address and the permissions."}
        </p>
        {writes ? (
          <Button busy={busy} onClick={() => void test()}>
            <Stethoscope /> {busy ? "Testing…" : "Test"}
          </Button>
        ) : null}
      </div>
      {checks.length ? (
        <ul className="mt-3 flex flex-col gap-2" aria-label="Checks" role="list">
          {checks.map((check) => (
            <li key={check.name + check.detail} className="flex items-start gap-2">
              {check.ok ? <CircleCheck className="mt-0.5 size-4 shrink-0 text-positive" aria-label="Right" /> : <CircleAlert className="mt-0.5 size-4 shrink-0 text-negative-text" aria-label="Wrong" />}
              <span>
                <span className="font-medium">{sentenceCase(check.name)}</span> <span className="[overflow-wrap:anywhere] text-muted">{ended(capital(check.detail))}</span>
              </span>
            </li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}
