import type { FormField } from "./form-field";
import { AccountField } from "./account-field";
import { type Group, groups, type Values } from "./account-values";

interface AccountFieldsProps {
  fields: FormField[];
  values: Values;
  faults: Record<string, string>;
  /** What is stored, with secrets masked. */
  stored?: Record<string, string>;
  onChange: (values: Values) => void;
}

/** The form of an account as its channel describes it; what can be left out is folded, until it says something or is wrong. */
export function AccountFields({ fields, values, faults, stored = {}, onChange }: AccountFieldsProps) {
  const fault = (field: FormField) => faults[field.name] ?? faults[`account.${field.name}`];
  const speaks = (group: Group) => group.fields.some((field) => field.required || stored[field.name] !== undefined || fault(field));

  const list = (group: Group) =>
    group.fields.map((field) => (
      <AccountField
        key={field.name}
        field={field}
        value={values[field.name]}
        stored={stored[field.name]}
        fault={fault(field)}
        onChange={(value) => {
          const { [field.name]: _, ...others } = values;
          onChange(value === undefined ? others : { ...others, [field.name]: value });
        }}
      />
    ));
  return groups(fields).map((group) =>
    group.section ? (
      <details key={group.section} open={speaks(group)} className="rounded-md border">
        <summary className="rounded-md px-3 py-2 font-medium hover:bg-sunken">{group.section}</summary>
        <div className="flex flex-col gap-4 px-3 pt-2 pb-4">{list(group)}</div>
      </details>
    ) : (
      list(group)
    ),
  );
}
