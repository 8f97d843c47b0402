import type { FormField } from "@/api/types";
import { Field, Input, Textarea } from "@/ui/field";

interface AccountFieldsProps {
  fields: FormField[];
  values: Record<string, string>;
  faults: Record<string, string>;
  /** What is stored, with secrets masked; a field left empty keeps it. */
  stored?: Record<string, string>;
  onChange: (values: Record<string, string>) => void;
}

/** The form of an account as its channel describes it; what is optional and technical comes last, folded. */
export function AccountFields({ fields, values, faults, stored, onChange }: AccountFieldsProps) {
  const folded = (field: FormField) => field.kind !== "text" && !field.required;
  const one = (field: FormField) => (
    <Field key={field.name} label={field.label} help={field.help} optional={!field.required} error={faults[field.name] ?? faults[`account.${field.name}`]}>
      {(props) => field.kind === "lines" ? (
        <Textarea
          {...props}
          name={field.name}
          placeholder={stored?.[field.name]}
          value={values[field.name] ?? ""}
          onChange={(event) => onChange({ ...values, [field.name]: event.target.value })}
        />
      ) : (
        <Input
          {...props}
          name={field.name}
          type={field.secret ? "password" : field.kind === "url" ? "url" : "text"}
          inputMode={field.kind === "number" ? "numeric" : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={stored?.[field.name] ? (field.secret ? "Stored. Type to replace it" : stored[field.name]) : undefined}
          value={values[field.name] ?? ""}
          onChange={(event) => onChange({ ...values, [field.name]: event.target.value })}
        />
      )}
    </Field>
  );
  const rest = fields.filter(folded);
  return (
    <>
      {fields.filter((field) => !folded(field)).map(one)}
      {rest.length ? (
        <details>
          <summary className="w-fit rounded text-sm text-muted hover:text-text">More options</summary>
          <div className="mt-3 flex flex-col gap-4">{rest.map(one)}</div>
        </details>
      ) : null}
    </>
  );
}

/** Only what was filled in. */
export function filledIn(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));
}
