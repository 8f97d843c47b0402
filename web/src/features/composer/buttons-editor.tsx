import { Plus, X } from "lucide-react";

import type { Abilities, Button as OfferedButton } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { measure } from "@/lib/text";

interface ButtonsEditorProps {
  ability: NonNullable<Abilities["buttons"]>;
  buttons: OfferedButton[];
  onChange: (buttons: OfferedButton[]) => void;
}

/** Answers that the customer can choose with one press. */
export function ButtonsEditor({ ability, buttons, onChange }: ButtonsEditorProps) {
  return (
    <fieldset className="flex flex-wrap items-center gap-2 px-3 pt-2">
      <legend className="sr-only">Buttons under the message</legend>
      {buttons.map((button, index) => (
        <span key={button.id} className="flex items-center rounded-md border border-line-strong bg-surface">
          <input
            autoFocus={button.title === ""}
            aria-label={`Button ${index + 1}`}
            placeholder={`Button ${index + 1}`}
            maxLength={ability.title_max}
            value={button.title}
            onChange={(event) => onChange(buttons.map((one) => (one.id === button.id ? { ...one, title: event.target.value } : one)))}
            className="h-8 w-32 bg-transparent px-2 outline-offset-0"
          />
          <span className="text-xs text-muted tabular-nums">{ability.title_max - measure(button.title, "characters")}</span>
          <IconButton small label={`Remove button ${index + 1}`} onClick={() => onChange(buttons.filter((one) => one.id !== button.id))}>
            <X />
          </IconButton>
        </span>
      ))}
      {buttons.length < ability.max ? (
        <Button small look="quiet" onClick={() => onChange([...buttons, { id: crypto.randomUUID().slice(0, 8), title: "" }])}>
          <Plus /> Button
        </Button>
      ) : null}
    </fieldset>
  );
}
