import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";

import { createDealField, type DealField, dealFields, type FieldAbout, type FieldKind } from "@/api/deal-fields";
import { Button } from "@/ui/button";
import { Field, Input, Select, Textarea } from "@/ui/field";
import { Panel } from "@/ui/page";
import { Failed, Fault, Lines } from "@/ui/states";
import { FieldRow } from "./field-row";
import { keyOf, kindNames, linesOf } from "./field-words";

const whose: { about: FieldAbout; title: string }[] = [
  { about: "deal", title: "Fields of deals" },
  { about: "account", title: "Fields of companies" },
];

/** What the organization wants to know of its deals and companies. */
export function FieldsPanel({ writes }: { writes: boolean }) {
  const list = useQuery(dealFields());
  if (list.isPending) return <Lines rows={3} />;
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />;
  return whose.map(({ about, title }) => {
    const fields = list.data.filter((field) => field.about === about);
    return (
      <Panel key={about} title={title}>
        {fields.length === 0 ? <p className="text-muted">None yet. A field has a kind, and what is written into it must fit.</p> : null}
        <ul aria-label={title} className="flex flex-col divide-y divide-line/70">
          {fields.map((field, index) => (
            <FieldRow key={`${field.id} ${field.version}`} field={field} place={index} last={index === fields.length - 1} writes={writes} />
          ))}
        </ul>
        {writes ? <NewField about={about} taken={fields} /> : null}
      </Panel>
    );
  });
}

function NewField({ about, taken }: { about: FieldAbout; taken: DealField[] }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [label, setLabel] = useState("");
  const [kind, setKind] = useState<FieldKind>("text");
  const [choices, setChoices] = useState("");
  const [required, setRequired] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const lines = linesOf(choices);
  const twice = taken.some((field) => field.key === keyOf(label));

  async function add() {
    setBusy(true);
    setFault(undefined);
    try {
      await createDealField({ about, key: keyOf(label), label: label.trim(), kind, choices: kind === "choice" ? lines : [], required_when_won: required });
      await client.invalidateQueries({ queryKey: dealFields().queryKey });
      setLabel("");
      setChoices("");
      setRequired(false);
      setOpen(false);
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  }
  if (!open) {
    return (
      <Button className="mt-3" onClick={() => setOpen(true)}>
        <Plus /> Add a field
      </Button>
    );
  }
  return (
    <form
      aria-label={about === "deal" ? "New field of deals" : "New field of companies"}
      className="mt-3 flex flex-col gap-3 border-t pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div className="grid grid-cols-2 gap-3 max-md:grid-cols-1">
        <Field label="Name" error={twice ? "There is such a field already." : undefined} help={label.trim() ? `For programs: ${keyOf(label)}` : undefined}>
          {(props) => <Input {...props} autoFocus maxLength={60} value={label} onChange={(event) => setLabel(event.target.value)} />}
        </Field>
        <Field label="Kind">
          {(props) => (
            <Select {...props} value={kind} onChange={(event) => setKind(event.target.value as FieldKind)}>
              {Object.entries(kindNames).map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {kind === "choice" ? <Field label="Choices, one a line">{(props) => <Textarea {...props} value={choices} onChange={(event) => setChoices(event.target.value)} />}</Field> : null}
      {about === "deal" ? (
        <label className="flex items-center gap-2">
          <input type="checkbox" checked={required} onChange={(event) => setRequired(event.target.checked)} /> A won deal needs it
        </label>
      ) : null}
      <Fault error={fault} />
      <div className="flex justify-end gap-2">
        <Button onClick={() => setOpen(false)}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={busy || twice || !label.trim() || (kind === "choice" && lines.length === 0)}>
          Add field
        </Button>
      </div>
    </form>
  );
}
