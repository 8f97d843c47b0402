import { useState } from "react";
import { Plus, X } from "lucide-react";

import { Button, IconButton } from "./button";
import { EditInPlace } from "./edit-in-place";

interface AttributesProps {
  attributes: Record<string, unknown>;
  disabled: boolean;
  onChange: (change: { attributes: Record<string, unknown> }) => Promise<boolean>;
}

/** The organization's own facts about a contact, a deal or a company. */
export function Attributes({ attributes, disabled, onChange }: AttributesProps) {
  const [adding, setAdding] = useState<string>();
  const entries = Object.entries(attributes);

  async function add() {
    const name = adding?.trim() ?? "";
    setAdding(undefined);
    if (name && !(name in attributes)) await onChange({ attributes: { [name]: "" } });
  }
  return (
    <div className="flex flex-col gap-1.5">
      {entries.length ? (
        <dl className="flex flex-col gap-1.5">
          {entries.map(([name, value]) => (
            <div key={name} className="group flex items-start gap-2">
              <dt className="w-20 shrink-0 truncate text-sm text-muted" title={name}>
                {name}
              </dt>
              <dd className="flex min-w-0 flex-1 items-start justify-between gap-1">
                <EditInPlace label={name} value={shown(value)} disabled={disabled} placeholder="Empty" onSave={(next) => onChange({ attributes: { [name]: like(value, next) } })} />
                {disabled ? null : (
                  <IconButton small label={`Remove ${name}`} className="size-5! min-h-0! opacity-0 group-hover:opacity-100 focus-visible:opacity-100" onClick={() => void onChange({ attributes: { [name]: null } })}>
                    <X />
                  </IconButton>
                )}
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
      {disabled ? null : adding === undefined ? (
        <Button small look="quiet" className="-ml-2 self-start text-muted" onClick={() => setAdding("")}>
          <Plus /> Attribute
        </Button>
      ) : (
        <input
          autoFocus
          aria-label="Name of the attribute"
          placeholder="Name, such as plan or birthday"
          value={adding}
          onChange={(event) => setAdding(event.target.value)}
          onBlur={() => void add()}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
            if (event.key === "Escape") setAdding(undefined);
          }}
          className="rounded border border-accent bg-surface px-1"
        />
      )}
    </div>
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : value == null ? "" : JSON.stringify(value);
}

/** Numbers and yes or no stay what they were, where what was typed allows it. */
function like(before: unknown, typed: string): unknown {
  if (typeof before === "number" && typed !== "" && Number.isFinite(Number(typed))) return Number(typed);
  if (typeof before === "boolean" && (typed === "true" || typed === "false")) return typed === "true";
  return typed;
}
