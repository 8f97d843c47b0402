import { EditInPlace } from "./edit-in-place";
import { toast } from "./toast";

/** A field that an organization has given its things. */
export interface TypedField {
  key: string;
  label: string;
  kind: "text" | "number" | "date" | "choice" | "yes_no";
  choices: string[];
}

interface FieldValueProps {
  field: TypedField;
  value: unknown;
  disabled: boolean;
  onSave: (value: unknown) => Promise<boolean>;
}

const plain = "-mx-1 max-w-full rounded bg-transparent px-1 hover:bg-line/60 max-md:min-h-8";

/** The value of a field, changed where it stands, with the control that its kind asks for. */
export function FieldValue({ field, value, disabled, onSave }: FieldValueProps) {
  const { kind, label } = field;
  const text = fieldText(value);
  if (kind === "date") {
    return <input type="date" aria-label={label} disabled={disabled} value={text} onChange={(event) => void onSave(event.target.value || null)} className={plain} />;
  }
  if (kind === "choice" || kind === "yes_no") {
    const choices = kind === "yes_no" ? ["true", "false"] : field.choices;
    const known = text === "" || choices.includes(text) ? choices : [text, ...choices];
    const save = (next: string) => void onSave(next === "" ? null : kind === "yes_no" ? next === "true" : next);
    return (
      <select aria-label={label} disabled={disabled} value={text} onChange={(event) => save(event.target.value)} className={`w-full ${plain}`}>
        <option value="">None</option>
        {known.map((one) => (
          <option key={one} value={one}>
            {kind === "yes_no" ? (one === "true" ? "Yes" : "No") : one}
          </option>
        ))}
      </select>
    );
  }
  async function save(next: string): Promise<boolean> {
    if (next === "") return onSave(null);
    if (kind === "text") return onSave(next);
    const number = Number(next.replace(",", "."));
    if (Number.isFinite(number)) return onSave(number);
    toast(`${label} is a number.`, { negative: true });
    return false;
  }
  return <EditInPlace label={label} value={text} disabled={disabled} onSave={save} />;
}

/** As it is read in a line. */
export function fieldText(value: unknown, kind?: TypedField["kind"]): string {
  if (kind === "yes_no" && typeof value === "boolean") return value ? "Yes" : "No";
  return typeof value === "string" ? value : value == null ? "" : JSON.stringify(value);
}
