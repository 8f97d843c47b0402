import { type FormEvent, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { activities, type Deal, type DealActivity, dealKeys, type WrittenKind, writeActivity } from "@/api/deals";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import { type Money, moneyText } from "@/lib/money";
import { exact } from "@/lib/time";
import { Ago } from "@/ui/ago";
import { Button } from "@/ui/button";
import { Failed, Lines } from "@/ui/states";
import { toastError } from "@/ui/toast";

const kinds: Record<WrittenKind, string> = { note: "Note", call: "Call", meeting: "Meeting", email: "E-mail" };

/** What happened to a deal, and a line to add to it. */
export function Story({ deal }: { deal: Deal }) {
  const client = useQueryClient();
  const found = useQuery(activities(deal.id));
  const people = useQuery(members()).data ?? [];
  const writes = useMay("writeDeals");
  const [kind, setKind] = useState<WrittenKind>("note");
  const [text, setText] = useState("");
  const name = (id: unknown) => people.find((one) => one.id === id)?.name ?? "nobody";

  async function add(event: FormEvent) {
    event.preventDefault();
    const written = text.trim();
    if (!written) return;
    setText("");
    try {
      await writeActivity(deal.id, kind, written);
      void client.invalidateQueries({ queryKey: dealKeys.activities(deal.id) });
    } catch (error) {
      setText(written);
      toastError(error);
    }
  }
  return (
    <>
      {writes ? (
        <form className="mb-3 flex flex-col gap-2" onSubmit={(event) => void add(event)}>
          <textarea
            aria-label="What happened"
            placeholder="Write down what happened"
            maxLength={10_000}
            rows={2}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="w-full rounded-md border border-line-strong bg-surface px-2 py-1.5 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30"
          />
          <div className="flex items-center gap-2">
            <select aria-label="Kind" value={kind} onChange={(event) => setKind(event.target.value as WrittenKind)} className="h-7 rounded-md border border-line-strong bg-surface px-1.5 text-sm">
              {Object.entries(kinds).map(([id, text]) => (
                <option key={id} value={id}>
                  {text}
                </option>
              ))}
            </select>
            <span className="flex-1" />
            <Button small type="submit" disabled={!text.trim()}>
              Write down
            </Button>
          </div>
        </form>
      ) : null}
      {found.isPending ? <Lines rows={3} /> : null}
      {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      <ol aria-label="What happened" className="flex flex-col gap-2.5">
        {found.data?.map((one) => (
          <li key={one.id} className="text-sm">
            <p className="[overflow-wrap:anywhere] whitespace-pre-line">{line(one, name)}</p>
            <p className="text-xs text-muted" title={exact(one.at)}>
              {by(one)}
              <Ago at={one.at} />
            </p>
          </li>
        ))}
      </ol>
    </>
  );
}

/** Who wrote it down, and as what; nothing where the hub did. */
function by(one: DealActivity): string {
  const kind = one.kind in kinds ? kinds[one.kind as WrittenKind] : "";
  return [one.author_name, kind].map((part) => (part ? `${part} · ` : "")).join("");
}

interface Told {
  name?: string;
  file_name?: string;
}

function line(one: DealActivity, name: (id: unknown) => string): string {
  const { from, to } = one.data as { from: unknown; to: unknown };
  switch (one.kind) {
    case "paid":
      return `${moneyText(to as Money)} was paid`;
    case "created":
      return `Made in ${(to as Told).name ?? "a stage"}`;
    case "stage":
      return `${(from as Told).name ?? "A stage"} → ${(to as Told).name ?? "a stage"}`;
    case "value":
      return `${moneyText(from as Money)} → ${moneyText(to as Money)}`;
    case "owner":
      return `Owner: ${name(from)} → ${name(to)}`;
    case "file":
      return to ? `Added ${(to as Told).file_name ?? "a file"}` : `Removed ${(from as Told).file_name ?? "a file"}`;
    case "deleted":
      return "Deleted";
    case "restored":
      return "Taken back";
    default:
      return one.text;
  }
}
