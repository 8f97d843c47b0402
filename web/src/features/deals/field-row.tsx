import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, ListPlus, Trash2 } from "lucide-react";

import { type DealField, type DealFieldChange, dealFields, patchDealField, removeDealField } from "@/api/deal-fields";
import { Button, IconButton } from "@/ui/button";
import { Chip } from "@/ui/chip";
import { Confirm } from "@/ui/confirm";
import { EditInPlace } from "@/ui/edit-in-place";
import { Textarea } from "@/ui/field";
import { toastError } from "@/ui/toast";
import { kindNames, linesOf } from "./field-words";

interface FieldRowProps {
  field: DealField;
  place: number;
  last: boolean;
  writes: boolean;
}

/** One field: its name, kind and choices, each changed where it stands. */
export function FieldRow({ field, place, last, writes }: FieldRowProps) {
  const client = useQueryClient();
  const [choices, setChoices] = useState<string>();
  const [doomed, setDoomed] = useState(false);

  async function run(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      toastError(error);
      return false;
    } finally {
      await client.invalidateQueries({ queryKey: dealFields().queryKey });
    }
  }
  const change = (what: DealFieldChange) => run(() => patchDealField(field.id, { ...what, version: field.version }));
  return (
    <li className="flex flex-col gap-1 py-2">
      <div className="flex flex-wrap items-center gap-2">
        <span className="min-w-32 flex-1 font-medium">
          <EditInPlace label={`Name of ${field.label}`} value={field.label} disabled={!writes} onSave={(label) => (label ? change({ label }) : Promise.resolve(false))} />
        </span>
        <Chip>{kindNames[field.kind]}</Chip>
        {field.about === "deal" ? (
          <label className="flex items-center gap-1.5 text-sm">
            <input type="checkbox" disabled={!writes} checked={field.required_when_won} onChange={(event) => void change({ required_when_won: event.target.checked })} /> A won deal needs it
          </label>
        ) : null}
        {writes ? (
          <span className="flex">
            {field.kind === "choice" ? (
              <IconButton label={`Choices of ${field.label}`} onClick={() => setChoices(choices === undefined ? field.choices.join("\n") : undefined)}>
                <ListPlus />
              </IconButton>
            ) : null}
            <IconButton label={`Move ${field.label} up`} disabled={place === 0} onClick={() => void change({ position: place - 1 })}>
              <ArrowUp />
            </IconButton>
            <IconButton label={`Move ${field.label} down`} disabled={last} onClick={() => void change({ position: place + 1 })}>
              <ArrowDown />
            </IconButton>
            <IconButton label={`Remove ${field.label}`} onClick={() => setDoomed(true)}>
              <Trash2 />
            </IconButton>
          </span>
        ) : null}
      </div>
      {choices === undefined ? <p className="text-sm text-muted empty:hidden">{field.choices.join(", ")}</p> : null}
      {choices === undefined ? null : (
        <form
          className="flex flex-col items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void change({ choices: linesOf(choices) });
          }}
        >
          <Textarea aria-label={`Choices of ${field.label}, one a line`} autoFocus value={choices} onChange={(event) => setChoices(event.target.value)} />
          <Button type="submit" small disabled={linesOf(choices).length === 0}>
            Save the choices
          </Button>
        </form>
      )}
      <Confirm
        open={doomed}
        title={`Remove the field ${field.label}?`}
        text="What was written into it stays, as a free attribute."
        act="Remove field"
        onClose={() => setDoomed(false)}
        onConfirm={() => {
          setDoomed(false);
          void run(() => removeDealField(field.id));
        }}
      />
    </li>
  );
}
