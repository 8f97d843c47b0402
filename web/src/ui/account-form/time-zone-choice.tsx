import { useMemo, useState } from "react";
import { ChevronDown, X } from "lucide-react";

import { here, timeZones, zone } from "@/lib/time-zones";
import { Button } from "@/ui/button";
import { Chooser } from "@/ui/chooser";
import { Popover } from "@/ui/popover";

interface TimeZoneChoiceProps {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  label: string;
  value: string;
  required: boolean;
  onChange: (value: string) => void;
}

/** One of the world's time zones, found by its city. */
export function TimeZoneChoice({ label, value, required, onChange, ...wiring }: TimeZoneChoiceProps) {
  const [open, setOpen] = useState(false);
  const chosen = value ? zone(value) : undefined;
  return (
    <span className="flex gap-2">
      <Popover
        label={label}
        side="bottom"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button
            type="button"
            {...wiring}
            aria-label={`${label}: ${chosen ? [chosen.name, chosen.offset].filter(Boolean).join(", ") : "not set"}`}
            className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-left hover:border-muted/60 aria-invalid:border-negative"
          >
            <span className="min-w-0 flex-1 truncate">{chosen?.name ?? <span className="text-muted">Not set</span>}</span>
            {chosen?.offset ? <span className="shrink-0 text-sm text-muted tabular-nums">{chosen.offset}</span> : null}
            <ChevronDown className="size-4 shrink-0 text-muted" aria-hidden="true" />
          </button>
        }
      >
        <Zones
          value={value}
          onChoose={(id) => {
            setOpen(false);
            onChange(id);
          }}
        />
      </Popover>
      {value && !required ? (
        <Button className="h-9 w-9 shrink-0 px-0" aria-label={`Take away: ${label}`} onClick={() => onChange("")}>
          <X />
        </Button>
      ) : null}
    </span>
  );
}

/** The reader's own zone first: it is mostly the one. */
function Zones({ value, onChoose }: { value: string; onChoose: (id: string) => void }) {
  const choices = useMemo(() => {
    const own = here();
    const all = timeZones().toSorted((one, other) => Number(other.id === own) - Number(one.id === own));
    return all.map(({ id, name, offset }) => ({ id, name, hint: id === own ? `${offset} · here` : offset, chosen: id === value }));
  }, [value]);
  return (
    <div className="w-80 max-w-[calc(100vw-2rem)] p-2">
      <Chooser label="Find a city" choices={choices} onChoose={onChoose} empty="No city of that name. A larger one nearby may be listed." />
    </div>
  );
}
