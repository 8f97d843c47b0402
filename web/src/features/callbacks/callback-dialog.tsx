import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCcw } from "lucide-react";

import { replayCallback } from "@/api/integration-changes";
import { callback as callbackQuery, integrations } from "@/api/integrations";
import { useMay } from "@/api/may";
import type { Callback } from "@/api/types";
import { sentenceCase } from "@/lib/text";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault, Lines } from "@/ui/states";
import { toast } from "@/ui/toast";
import { OutcomeChip } from "./outcome-chip";

/** One callback in full, without its secrets. */
export function CallbackDialog({ callback: listed, onClose }: { callback: Callback; onClose: () => void }) {
  const client = useQueryClient();
  const found = useQuery(callbackQuery(listed.id));
  const callback = found.data ?? listed;
  const account = useQuery(integrations()).data?.find((one) => one.id === callback.integration_id)?.name;
  const replays = useMay("replayCallbacks");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  async function replay() {
    setBusy(true);
    try {
      await replayCallback(callback.id);
      toast("It was run again. What was known already stayed as it was.");
      void client.invalidateQueries({ queryKey: ["callbacks"] });
      onClose();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={onClose} wide title={<>Callback, <Ago at={callback.received_at} /></>} description={`${account ?? sentenceCase(callback.channel)}, ${callback.verdict}`}>
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap items-center gap-2">
          <OutcomeChip outcome={callback.outcome} />
          <span className="flex-1 text-negative-text">{callback.error}</span>
          {replays ? (
            <Button busy={busy} onClick={() => void replay()}>
              <RotateCcw /> Run again
            </Button>
          ) : null}
        </div>
        <Fault error={error} />
        {callback.events.length ? (
          <section>
            <h3 className="mb-1 text-sm font-semibold">What it became</h3>
            <ul className="flex flex-col gap-1">
              {callback.events.map((event, index) => (
                <li key={index} className="flex flex-wrap items-center gap-2 text-sm">
                  <span className="font-medium">{sentenceCase(text(event.type) ?? "event")}</span>
                  <span className="text-muted">{text(event.effect)}</span>
                  <code className="min-w-0 truncate font-mono text-xs">{text(event.external_id)}</code>
                  {text(event.conversation_id) ? (
                    <Link to="/inbox/$conversationId" params={{ conversationId: text(event.conversation_id) ?? "" }} className="text-accent-text underline underline-offset-2">
                      Conversation
                    </Link>
                  ) : null}
                </li>
              ))}
            </ul>
          </section>
        ) : null}
        {found.isPending ? <Lines rows={5} /> : null}
        <Fault error={found.error} />
        <Json title="Body" value={callback.request.body} />
        <Json title="Headers" value={headerLines(callback.request.headers)} />
        <p className="text-xs text-muted">Secrets were taken out before this was stored.</p>
      </div>
    </Dialog>
  );
}

function Json({ title, value }: { title: string; value: unknown }) {
  if (value == null) return null;
  return (
    <section>
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      <pre tabIndex={0} className="max-h-72 overflow-auto rounded-md border bg-sunken p-3 font-mono text-xs leading-5">
        {typeof value === "string" ? pretty(value) : JSON.stringify(value, null, 2)}
      </pre>
    </section>
  );
}

/** Pairs as a request carries them, one a line. */
function headerLines(headers: unknown): unknown {
  const pair = (one: unknown) => (Array.isArray(one) && one.length === 2 ? one.map(String).join(": ") : undefined);
  const lines = Array.isArray(headers) ? headers.map(pair) : [undefined];
  return lines.includes(undefined) ? headers : lines.join("\n");
}

function pretty(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
