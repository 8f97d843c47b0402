import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Tag, Trash2 } from "lucide-react";

import { useMay } from "@/api/may";
import { createLabel, labels } from "@/api/organization";
import { patchLabel, removeLabel } from "@/api/organization-changes";
import type { Label } from "@/api/types";
import { labelColours } from "@/lib/label-colours";
import { Button, IconButton } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { Input } from "@/ui/field";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { ColourMenu } from "./colour-menu";
import { Page } from "@/ui/page";

export function LabelsPage() {
  const list = useQuery(labels());
  const client = useQueryClient();
  const writes = useMay("writeLabels");
  const [name, setName] = useState("");
  const [doomed, setDoomed] = useState<Label>();

  async function run(act: Promise<unknown>) {
    await act.catch(toastError);
    await client.invalidateQueries({ queryKey: labels().queryKey });
  }
  function create() {
    const colours = Object.keys(labelColours);
    const colour = colours[(list.data?.length ?? 0) % colours.length];
    if (name.trim()) void run(createLabel(name.trim(), colour));
    setName("");
  }
  return (
    <Page title="Labels" text="Short words that sort conversations. Everybody who answers can use them.">
      {writes ? (
        <form
          className="mb-4 flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            create();
          }}
        >
          <Input aria-label="Name of a new label" placeholder="New label" maxLength={50} value={name} onChange={(event) => setName(event.target.value)} />
          <Button type="submit" look="primary" className="h-9" disabled={!name.trim()}>
            <Plus /> Add
          </Button>
        </form>
      ) : null}
      {list.isPending ? <Rows label="Loading labels" rows={6} height={48} framed /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data?.length === 0 ? <Empty icon={<Tag />} text="No labels yet." /> : null}
      <ul className="divide-y divide-line overflow-hidden rounded-lg border bg-surface empty:hidden">
        {list.data?.map((label) => (
          <li key={label.id} className="flex h-12 items-center gap-2 px-3">
            <ColourMenu label={label} disabled={!writes} onChoose={(color) => void run(patchLabel(label.id, { color, version: label.version }))} />
            <input
              aria-label={`Name of ${label.name}`}
              defaultValue={label.name}
              disabled={!writes}
              key={label.name}
              maxLength={50}
              onBlur={(event) => {
                const next = event.target.value.trim();
                if (next && next !== label.name) void run(patchLabel(label.id, { name: next, version: label.version }));
              }}
              onKeyDown={(event) => {
                if (event.key === "Enter") event.currentTarget.blur();
              }}
              className="h-8 min-w-0 flex-1 rounded-md bg-transparent px-2 hover:bg-line/40"
            />
            {writes ? (
              <IconButton label={`Delete ${label.name}`} onClick={() => setDoomed(label)}>
                <Trash2 />
              </IconButton>
            ) : null}
          </li>
        ))}
      </ul>
      <Confirm
        open={doomed !== undefined}
        title={`Delete the label ${doomed?.name ?? ""}?`}
        text="It is taken off every conversation. The conversations stay."
        act="Delete label"
        onClose={() => setDoomed(undefined)}
        onConfirm={() => {
          if (doomed) void run(removeLabel(doomed.id));
          setDoomed(undefined);
        }}
      />
    </Page>
  );
}
