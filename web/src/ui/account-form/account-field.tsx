import type { FormField } from "./form-field";
import { Button } from "@/ui/button";
import { Field, Input, Select, Textarea } from "@/ui/field";
import { ColourField } from "./colour-field";
import { TimeZoneChoice } from "./time-zone-choice";

interface AccountFieldProps {
  field: FormField;
  /** What was typed; undefined while it is untouched, null once it is to be taken away. */
  value: string | null | undefined;
  /** What is stored, a secret masked. */
  stored?: string;
  fault?: string;
  onChange: (value: string | null | undefined) => void;
}

/** One field of an account, as its channel describes it. */
export function AccountField({ field, value, stored, fault, onChange }: AccountFieldProps) {
  const shown = value ?? (field.secret || value === null ? "" : (stored ?? ""));
  const removable = field.secret && !field.required && stored !== undefined;
  const hint = value === null ? "Taken away when you save" : stored && field.secret ? "Stored. Type to replace it" : undefined;
  return (
    <Field label={field.label} help={field.help} optional={!field.required} error={fault}>
      {(props) => {
        const common = { ...props, name: field.name, value: shown };
        if (field.choices?.length) return <Choice {...common} field={field} onChange={onChange} />;
        if (field.kind === "time_zone") return <TimeZoneChoice {...props} label={field.label} value={shown} required={field.required} onChange={onChange} />;
        if (field.kind === "colour") return <ColourField {...common} label={field.label} onChange={onChange} />;
        if (field.kind === "lines") return <Textarea {...common} onChange={(event) => onChange(event.target.value)} />;
        return (
          <span className="flex gap-2">
            <Input
              {...common}
              type={field.secret ? "password" : field.kind === "url" ? "url" : "text"}
              inputMode={field.kind === "number" ? "numeric" : undefined}
              autoComplete="off"
              spellCheck={false}
              placeholder={hint}
              onChange={(event) => onChange(event.target.value)}
            />
            {removable ? (
              <Button className="h-9 shrink-0" aria-label={`${value === null ? "Keep" : "Remove"} ${field.label}`} onClick={() => onChange(value === null ? undefined : null)}>
                {value === null ? "Keep" : "Remove"}
              </Button>
            ) : null}
          </span>
        );
      }}
    </Field>
  );
}

function Choice({ field, onChange, ...rest }: { field: FormField; id: string; name: string; value: string; onChange: (value: string) => void }) {
  return (
    <Select {...rest} onChange={(event) => onChange(event.target.value)}>
      {field.required && rest.value ? null : <option value="">{field.required ? "Choose" : "Not set"}</option>}
      {field.choices?.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </Select>
  );
}
