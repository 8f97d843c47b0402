import { classes } from "@/lib/classes";
import { Keys } from "@/ui/keys";

interface ComposerTabsProps {
  note: boolean;
  /** What the first tab is for. */
  reply: string;
  disabled: boolean;
  onChange: (note: boolean) => void;
}

export function ComposerTabs({ note, reply, disabled, onChange }: ComposerTabsProps) {
  const tab = (isNote: boolean, name: string, keys: string) => (
    <button
      type="button"
      role="tab"
      aria-selected={note === isNote}
      disabled={disabled}
      onClick={() => onChange(isNote)}
      className={classes("flex h-8 items-center gap-1.5 border-b-2 px-2 text-sm font-medium", note === isNote ? "border-accent text-text" : "border-transparent text-muted hover:text-text")}
    >
      {name}
      <span className="max-md:hidden">
        <Keys keys={keys} />
      </span>
    </button>
  );
  return (
    <div role="tablist" aria-label="What to write" className="flex gap-1 px-2">
      {tab(false, reply, "r")}
      {tab(true, "Note", "n")}
    </div>
  );
}
