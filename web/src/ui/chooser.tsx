import { type ReactNode, useId, useMemo, useState } from "react";
import { Check } from "lucide-react";

import { classes } from "@/lib/classes";
import { contains } from "@/lib/text";
import { Keys } from "./keys";

export interface Choice {
  id: string;
  name: string;
  icon?: ReactNode;
  chosen?: boolean;
  hint?: ReactNode;
  /** The shortcut that does the same. */
  keys?: string;
}

interface ChooserProps {
  label: string;
  choices: Choice[];
  empty?: string;
  onChoose: (id: string) => void;
  /** Told what was typed, for lists that the server searches. */
  onType?: (text: string) => void;
}

/** A searchable list in a dialog or popover: type, arrows, Enter. */
export function Chooser({ label, choices, empty = "Nothing fits.", onChoose, onType }: ChooserProps) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const shown = useMemo(() => (onType ? choices : fitting(choices, typed)), [choices, typed, onType]);
  const current = Math.min(at, Math.max(0, shown.length - 1));

  function move(by: number) {
    const next = (current + by + shown.length) % Math.max(1, shown.length);
    setAt(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  }

  return (
    <div>
      <input
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={shown.length ? `${id}-${current}` : undefined}
        aria-label={label}
        placeholder={label}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
          onType?.(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(1);
          else if (event.key === "ArrowUp") move(-1);
          else if (event.key === "Enter" && shown[current]) onChoose(shown[current].id);
          else return;
          event.preventDefault();
        }}
        className="h-9 w-full rounded-md border border-line-strong bg-surface px-2.5 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30"
      />
      <ul id={`${id}-list`} role="listbox" aria-label={label} className="mt-2 max-h-72 overflow-y-auto">
        {shown.map((choice, index) => (
          <li
            key={choice.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={choice.chosen ?? false}
            onClick={() => onChoose(choice.id)}
            onMouseMove={() => setAt(index)}
            className={classes(
              "flex min-h-9 cursor-pointer items-center gap-2 rounded-md px-2 [&_svg]:size-4",
              index === current && "bg-accent-quiet on-tint",
            )}
          >
            {choice.icon}
            <span className="min-w-0 flex-1 truncate">{choice.name}</span>
            {choice.keys ? <Keys keys={choice.keys} /> : null}
            {choice.hint ? <span className="max-w-40 truncate text-xs text-muted">{choice.hint}</span> : null}
            {choice.chosen ? <Check className="text-accent-text" /> : null}
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p className="px-2 py-6 text-center text-muted">{empty}</p> : null}
    </div>
  );
}

/** What begins with the words comes before what only holds them. */
function fitting(choices: Choice[], typed: string): Choice[] {
  const begins = (choice: Choice) => choice.name.toLowerCase().startsWith(typed.trim().toLowerCase());
  return choices.filter((choice) => contains(choice.name, typed)).toSorted((one, other) => Number(begins(other)) - Number(begins(one)));
}
