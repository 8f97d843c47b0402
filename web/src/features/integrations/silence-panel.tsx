import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { patchIntegration } from "@/api/integration-changes";
import { integrations } from "@/api/integrations";
import type { Integration } from "@/api/types";
import { Panel } from "@/ui/page";
import { toast, toastError } from "@/ui/toast";

const choices: [number | null, string][] = [
  [null, "Never"],
  [30, "30 minutes"],
  [60, "1 hour"],
  [240, "4 hours"],
  [1440, "1 day"],
  [4320, "3 days"],
  [10080, "1 week"],
];

/** After how long without a message admins are told that something may be wrong. */
export function SilencePanel({ integration }: { integration: Integration }) {
  const client = useQueryClient();
  const [minutes, setMinutes] = useState(integration.silent_after_minutes ?? null);
  const known = choices.some(([value]) => value === minutes);

  function choose(to: number | null) {
    const before = minutes;
    setMinutes(to);
    patchIntegration(integration.id, { silent_after_minutes: to })
      .then(() => {
        toast("Saved.");
        return client.invalidateQueries({ queryKey: integrations().queryKey });
      })
      .catch((error: unknown) => {
        setMinutes(before);
        toastError(error);
      });
  }
  return (
    <Panel title="Silence">
      <label className="flex flex-wrap items-center justify-between gap-3">
        <span className="text-sm text-muted">Tell the admins when no message has come in for</span>
        <select
          className="h-9 rounded-md border bg-surface px-2"
          value={minutes ?? ""}
          onChange={(event) => choose(event.target.value === "" ? null : Number(event.target.value))}
        >
          {known ? null : <option value={minutes ?? ""}>{minutes} minutes</option>}
          {choices.map(([value, text]) => (
            <option key={text} value={value ?? ""}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </Panel>
  );
}
