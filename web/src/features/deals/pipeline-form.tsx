import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";

import { patchPipeline, type Pipeline, pipelines, removePipeline, type StageForm } from "@/api/deals";
import { labelColour, labelColours } from "@/lib/label-colours";
import { Button, IconButton } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Input, Select } from "@/ui/field";
import { Panel } from "@/ui/page";
import { Fault } from "@/ui/states";

interface Row extends StageForm {
  /** The row's own, also before the server has given the stage an id. */
  key: string;
}

/** A pipeline's name, currency and stages, saved together. */
export function PipelineForm({ pipeline, writes }: { pipeline: Pipeline; writes: boolean }) {
  const client = useQueryClient();
  const [name, setName] = useState(pipeline.name);
  const [currency, setCurrency] = useState(pipeline.currency);
  const [rows, setRows] = useState<Row[]>(() => pipeline.stages.map((stage) => ({ ...stage, key: stage.id })));
  const [onPaid, setOnPaid] = useState(pipeline.on_paid_stage_id ?? "");
  const [fault, setFault] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [doomed, setDoomed] = useState(false);
  const kept = (row: Row) => JSON.stringify([row.id, row.name, row.color, row.kind, row.probability, row.stale_after_days]);
  const before = pipeline.stages.map((stage) => kept({ ...stage, key: "" })).join();
  const changed = name !== pipeline.name || currency !== pipeline.currency || onPaid !== (pipeline.on_paid_stage_id ?? "") || rows.map(kept).join() !== before;
  const set = (key: string, change: Partial<Row>) => setRows(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));

  function move(from: number, by: number) {
    const next = [...rows];
    const [row] = next.splice(from, 1);
    if (row) next.splice(from + by, 0, row);
    setRows(next);
  }
  function add() {
    const colours = Object.keys(labelColours);
    const at = rows.findIndex((row) => row.kind !== "open");
    const fresh: Row = { key: crypto.randomUUID(), name: "", color: colours[rows.length % colours.length] ?? "grey", kind: "open", probability: 50 };
    setRows(at < 0 ? [...rows, fresh] : [...rows.slice(0, at), fresh, ...rows.slice(at)]);
  }
  async function run(act: Promise<unknown>) {
    setBusy(true);
    setFault(undefined);
    try {
      await act;
      await client.invalidateQueries({ queryKey: pipelines().queryKey });
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  }
  const stageOnPaid = rows.some((row) => row.id === onPaid) ? onPaid : null;
  const paid = stageOnPaid === (pipeline.on_paid_stage_id ?? null) ? {} : { on_paid_stage_id: stageOnPaid };
  const save = () => run(patchPipeline(pipeline.id, { name: name.trim(), currency: currency.trim().toUpperCase(), stages: rows.map(({ key: _, ...stage }) => stage), ...paid, version: pipeline.version }));
  return (
    <Panel>
      <form
        aria-label={pipeline.name}
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div className="flex gap-2">
          <Input aria-label="Name" maxLength={60} disabled={!writes} value={name} onChange={(event) => setName(event.target.value)} />
          <div className="w-24 shrink-0">
            <Input aria-label="Currency" maxLength={3} disabled={!writes} value={currency} onChange={(event) => setCurrency(event.target.value)} />
          </div>
          {writes ? (
            <IconButton label={`Delete ${pipeline.name}`} onClick={() => setDoomed(true)}>
              <Trash2 />
            </IconButton>
          ) : null}
        </div>
        <div className="overflow-x-auto">
          <table className="w-full min-w-180 text-left">
            <thead className="text-xs text-muted">
              <tr>
                <th className="pb-1 font-medium">Stage</th>
                <th className="w-34 pb-1 font-medium">Colour</th>
                <th className="w-28 pb-1 font-medium">Meaning</th>
                <th className="w-24 pb-1 font-medium">Chance, %</th>
                <th className="w-32 pb-1 font-medium">Quiet after, days</th>
                <th className="w-26 pb-1" />
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <StageRow
                  key={row.key}
                  row={row}
                  writes={writes}
                  first={index === 0}
                  last={index === rows.length - 1}
                  onChange={(change) => set(row.key, change)}
                  onMove={(by) => move(index, by)}
                  onRemove={() => setRows(rows.filter((one) => one.key !== row.key))}
                />
              ))}
            </tbody>
          </table>
        </div>
        <label className="flex flex-wrap items-center gap-2 text-sm">
          <span className="text-muted">A deal whose payment is paid moves to</span>
          <span className="w-48">
            <Select disabled={!writes} value={onPaid} onChange={(event) => setOnPaid(event.target.value)}>
              <option value="">no other stage</option>
              {rows.flatMap((row) => (row.id ? [{ id: row.id, name: row.name }] : [])).map((row) => (
                <option key={row.id} value={row.id}>
                  {row.name}
                </option>
              ))}
            </Select>
          </span>
        </label>
        <Fault error={fault} />
        {writes ? (
          <div className="flex justify-between gap-2">
            <Button onClick={add} disabled={rows.length >= 30}>
              <Plus /> Add a stage
            </Button>
            <Button type="submit" look="primary" busy={busy} disabled={busy || !changed || !name.trim() || rows.some((row) => !row.name.trim())}>
              Save
            </Button>
          </div>
        ) : null}
      </form>
      <Confirm
        open={doomed}
        title={`Delete the pipeline ${pipeline.name}?`}
        text="Only a pipeline without deals can be deleted."
        act="Delete pipeline"
        onClose={() => setDoomed(false)}
        onConfirm={() => {
          setDoomed(false);
          void run(removePipeline(pipeline.id));
        }}
      />
    </Panel>
  );
}

interface StageRowProps {
  row: Row;
  writes: boolean;
  first: boolean;
  last: boolean;
  onChange: (change: Partial<Row>) => void;
  onMove: (by: number) => void;
  onRemove: () => void;
}

function StageRow({ row, writes, first, last, onChange, onMove, onRemove }: StageRowProps) {
  const name = row.name || "the new stage";
  const open = row.kind === "open";
  return (
    <tr>
      <td className="py-0.5 pr-2">
        <Input aria-label="Name of the stage" maxLength={60} disabled={!writes} value={row.name} onChange={(event) => onChange({ name: event.target.value })} />
      </td>
      <td className="py-0.5 pr-2">
        <span className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2 shrink-0 rounded-full" style={{ background: labelColour(row.color) }} />
          <Select aria-label={`Colour of ${name}`} disabled={!writes} value={row.color} onChange={(event) => onChange({ color: event.target.value })}>
            {Object.keys(labelColours).map((colour) => (
              <option key={colour}>{colour}</option>
            ))}
          </Select>
        </span>
      </td>
      <td className="py-0.5 pr-2">
        <Select aria-label={`Meaning of ${name}`} disabled={!writes} value={row.kind} onChange={(event) => onChange({ kind: event.target.value as Row["kind"] })}>
          <option value="open">open</option>
          <option value="won">won</option>
          <option value="lost">lost</option>
        </Select>
      </td>
      <td className="py-0.5 pr-2">
        <Input
          type="number"
          min={0}
          max={100}
          aria-label={`Chance of ${name} in percent`}
          disabled={!writes || !open}
          value={open ? row.probability : row.kind === "won" ? 100 : 0}
          onChange={(event) => onChange({ probability: Number(event.target.value) })}
        />
      </td>
      <td className="py-0.5 pr-2">
        <Input
          type="number"
          min={1}
          max={3650}
          placeholder="never"
          aria-label={`Days after which a deal in ${name} is quiet`}
          disabled={!writes || !open}
          value={open ? (row.stale_after_days ?? "") : ""}
          onChange={(event) => onChange({ stale_after_days: event.target.value ? Number(event.target.value) : null })}
        />
      </td>
      <td className="py-0.5 whitespace-nowrap">
        {writes ? (
          <>
            <IconButton label={`Move ${name} up`} disabled={first} onClick={() => onMove(-1)}>
              <ArrowUp />
            </IconButton>
            <IconButton label={`Move ${name} down`} disabled={last} onClick={() => onMove(1)}>
              <ArrowDown />
            </IconButton>
            <IconButton label={`Remove ${name}`} onClick={onRemove}>
              <Trash2 />
            </IconButton>
          </>
        ) : null}
      </td>
    </tr>
  );
}
