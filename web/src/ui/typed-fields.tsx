import { Attributes } from "./attributes";
import { FieldValue, type TypedField } from "./field-value";

interface TypedFieldsProps {
  fields: (TypedField & { required_when_won: boolean })[];
  attributes: Record<string, unknown>;
  disabled: boolean;
  onChange: (change: { attributes: Record<string, unknown> }) => Promise<boolean>;
}

/** The fields that the organization has defined, and below them what is kept freely. */
export function TypedFields({ fields, attributes, disabled, onChange }: TypedFieldsProps) {
  const free = Object.fromEntries(Object.entries(attributes).filter(([key]) => !fields.some((field) => field.key === key)));
  return (
    <>
      {fields.length > 0 ? (
        <dl className="mb-1.5 flex flex-col gap-1.5">
          {fields.map((field) => (
            <div key={field.key} className="flex items-start gap-2">
              <dt className="w-20 shrink-0 text-sm [overflow-wrap:anywhere] text-muted">
                {field.label}
                {field.required_when_won ? (
                  <abbr title="A won deal needs it" className="ml-0.5 no-underline">
                    *
                  </abbr>
                ) : null}
              </dt>
              <dd className="min-w-0 flex-1">
                <FieldValue field={field} value={attributes[field.key]} disabled={disabled} onSave={(value) => onChange({ attributes: { [field.key]: value } })} />
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
      <Attributes attributes={free} disabled={disabled} onChange={onChange} />
    </>
  );
}
