import { useState } from "react";

interface EditInPlaceProps {
  label: string;
  value: string;
  /** What the field begins with, where it is written otherwise than it is shown. */
  edited?: string;
  placeholder?: string;
  type?: "text" | "email" | "tel";
  disabled?: boolean;
  className?: string;
  onSave: (value: string) => Promise<boolean>;
}

/** A value that becomes a field when it is clicked. Enter and leaving save, Escape takes back. */
export function EditInPlace({ label, value, edited = value, placeholder = "Add", type = "text", disabled, className = "", onSave }: EditInPlaceProps) {
  const [typed, setTyped] = useState<string>();
  if (disabled) return <span className={`break-words ${className}`}>{value || <span className="text-muted">None</span>}</span>;
  if (typed === undefined) {
    return (
      <button type="button" aria-label={`Edit ${label}`} onClick={() => setTyped(edited)} className={`-mx-1 max-w-full rounded px-1 break-words hover:bg-line/60 max-md:min-h-8 max-md:min-w-8 ${className || "text-left"}`}>
        {value || <span className="font-normal text-muted">{placeholder}</span>}
      </button>
    );
  }
  async function save() {
    const next = (typed ?? "").trim();
    if (next !== edited && !(await onSave(next))) return;
    setTyped(undefined);
  }
  return (
    <input
      autoFocus
      type={type}
      aria-label={label}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => void save()}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") {
          event.stopPropagation();
          setTyped(undefined);
        }
      }}
      className={`-mx-1 w-full rounded border border-accent bg-surface px-1 font-normal ${className}`}
    />
  );
}
