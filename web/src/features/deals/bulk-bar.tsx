import { useQueryClient } from "@tanstack/react-query";
import { Trash2, X } from "lucide-react";

import { dealKeys, type DealsChange, patchDeals, type Pipeline, removeDeals, restoreDeal } from "@/api/deals";
import { useMay } from "@/api/may";
import type { Member } from "@/api/types";
import { count } from "@/lib/text";
import { IconButton } from "@/ui/button";
import { Select } from "@/ui/field";
import { toast, toastError } from "@/ui/toast";

interface BulkBarProps {
  ids: string[];
  pipeline: Pipeline;
  people: Member[];
  onDone: () => void;
}

/** What can be done with all ticked deals at once. */
export function BulkBar({ ids, pipeline, people, onDone }: BulkBarProps) {
  const client = useQueryClient();
  const deletes = useMay("deleteDeals");
  const assigns = useMay("assignDeals");
  const able = people.filter((one) => !one.deactivated_at && !one.invited && one.role !== "viewer");

  async function run(act: () => Promise<{ id?: string | null; status: number; problem?: { detail: string } | null }[]>, done: string, undo?: (ids: string[]) => Promise<unknown>) {
    try {
      const outcomes = await act();
      const refused = outcomes.filter((one) => one.status >= 400);
      const fine = outcomes.filter((one) => one.status < 400).flatMap((one) => one.id ?? []);
      const back = undo && fine.length > 0 ? { label: "Undo", run: () => void undo(fine).then(() => client.invalidateQueries({ queryKey: dealKeys.all }), toastError) } : undefined;
      const [first] = refused;
      if (first) toast(`${count(refused.length, "deal")} could not be changed: ${first.problem?.detail ?? ""}`, { negative: true, act: back });
      else toast(`${count(fine.length, "deal")} ${done}.`, { act: back });
      onDone();
    } catch (error) {
      toastError(error);
    } finally {
      void client.invalidateQueries({ queryKey: dealKeys.all });
    }
  }
  const change = (what: DealsChange, done: string) => void run(() => patchDeals(ids, what), done);
  return (
    <div role="toolbar" aria-label="Selected deals" className="flex flex-wrap items-center gap-2 border-b bg-accent-quiet on-tint px-3 py-1.5">
      <span className="flex-1 text-sm font-medium tabular-nums">{ids.length} selected</span>
      <div className="w-40">
        <Select aria-label="Move to" value="" onChange={(event) => change({ stage_id: event.target.value }, "moved")}>
          <option value="">Move to…</option>
          {pipeline.stages.map((stage) => (
            <option key={stage.id} value={stage.id}>
              {stage.name}
            </option>
          ))}
        </Select>
      </div>
      {assigns ? (
        <div className="w-40">
          <Select aria-label="Give to" value="" onChange={(event) => change({ owner_id: event.target.value === "-" ? null : event.target.value }, "given")}>
            <option value="">Give to…</option>
            <option value="-">Nobody</option>
            {able.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
        </div>
      ) : null}
      {deletes ? (
        <IconButton label="Delete" onClick={() => void run(() => removeDeals(ids), "deleted", (gone) => Promise.all(gone.map(restoreDeal)))}>
          <Trash2 />
        </IconButton>
      ) : null}
      <IconButton label="Select none" onClick={onDone}>
        <X />
      </IconButton>
    </div>
  );
}
