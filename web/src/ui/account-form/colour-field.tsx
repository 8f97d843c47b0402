import { CircleAlert, CircleCheck } from "lucide-react";

import { classes } from "@/lib/classes";
import { contrast, isColour } from "@/lib/contrast";
import { Input } from "@/ui/field";

interface ColourFieldProps {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  name: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** What stands on a colour, and the page that the colour stands on. */
const [dark, light] = ["#0b1220", "#ffffff"];
/** WCAG's for things that are no writing. */
const visible = 3;

/** A colour, picked or written, and whether it can be seen. */
export function ColourField({ label, value, onChange, ...rest }: ColourFieldProps) {
  const known = isColour(value);
  return (
    <span className="flex flex-col gap-1.5">
      <span className="flex gap-2">
        <input
          type="color"
          aria-label={`Pick: ${label}`}
          // A picker cannot be empty; until one is chosen it shows none of its own.
          value={known ? value.trim().toLowerCase() : "#ffffff"}
          onChange={(event) => onChange(event.target.value)}
          className={classes("h-9 w-12 shrink-0 cursor-pointer rounded-md border border-line-strong bg-surface p-1", !known && "opacity-60")}
        />
        <Input {...rest} value={value} placeholder="#rrggbb" spellCheck={false} autoComplete="off" className="max-w-32 font-mono" onChange={(event) => onChange(event.target.value)} />
        {known ? <Sample colour={value.trim()} /> : null}
      </span>
      {known ? <Hint colour={value.trim()} /> : null}
    </span>
  );
}

function Sample({ colour }: { colour: string }) {
  return (
    <span aria-hidden="true" className="flex h-9 min-w-0 flex-1 items-center justify-center truncate rounded-md px-3 text-sm font-medium" style={{ background: colour, color: writing(colour) }}>
      Like this
    </span>
  );
}

function Hint({ colour }: { colour: string }) {
  const onPage = contrast(colour, light);
  const on = contrast(colour, writing(colour));
  const faint = onPage < visible;
  const Icon = faint ? CircleAlert : CircleCheck;
  return (
    <span role="status" className={classes("flex items-start gap-1.5 text-xs [&_svg]:mt-0.5 [&_svg]:size-3.5 [&_svg]:shrink-0", faint ? "text-warning" : "text-positive")}>
      <Icon aria-hidden="true" />
      {faint
        ? `Hard to see on a white page (contrast ${ratio(onPage)}; 3 : 1 is needed). A darker one stands out.`
        : `Stands out on a white page (${ratio(onPage)}), and ${writing(colour) === dark ? "dark" : "light"} writing on it can be read (${ratio(on)}).`}
    </span>
  );
}

/** Dark or light, whichever can be read better. */
function writing(colour: string): string {
  return contrast(colour, dark) > contrast(colour, light) ? dark : light;
}

function ratio(value: number): string {
  return `${value.toFixed(1)} : 1`;
}
