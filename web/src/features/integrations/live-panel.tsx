import { CircleAlert, CircleCheck, Radio } from "lucide-react";

import type { LiveConnection } from "@/api/types";
import { capital, ended, sentenceCase } from "@/lib/text";
import { Ago } from "@/ui/ago";
import { Panel } from "@/ui/page";

/** The connection that the hub keeps to the platform instead of being called. */
export function LivePanel({ live }: { live: LiveConnection }) {
  return (
    <Panel title="Live connection">
      <p className="flex items-center gap-2 text-sm text-muted">
        <Radio className={live.held ? "size-4 text-positive" : "size-4 text-warning"} aria-hidden="true" />
        <span>
          {live.held ? "Connected" : "Not connected"}, since <Ago at={live.since} />.
        </span>
      </p>
      <ul className="mt-2 flex flex-col gap-2" role="list">
        {live.checks.map((check) => (
          <li key={check.name} className="flex items-start gap-2">
            {check.ok ? <CircleCheck className="mt-0.5 size-4 shrink-0 text-positive" aria-label="Right" /> : <CircleAlert className="mt-0.5 size-4 shrink-0 text-negative-text" aria-label="Wrong" />}
            <span>
              <span className="font-medium">{sentenceCase(check.name)}</span> <span className="[overflow-wrap:anywhere] text-muted">{ended(capital(check.detail))}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
