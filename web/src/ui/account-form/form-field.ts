/** A field of an account's form, as the server describes it for channels and payment providers alike. */
export interface FormField {
  name: string;
  label: string;
  kind: "text" | "url" | "number" | "lines" | "time_zone" | "colour";
  help: string;
  required: boolean;
  secret: boolean;
  section?: string | null;
  choices?: { label: string; value: string }[];
}
