import { classes } from "@/lib/classes";

/** Where a search looks: in names and last words, or in everything that was ever said. */
export function SearchTabs({ inMessages, onChange }: { inMessages: boolean; onChange: (inMessages: boolean) => void }) {
  const tab = (value: boolean, name: string) => (
    <button
      type="button"
      aria-pressed={inMessages === value}
      onClick={() => onChange(value)}
      className={classes("h-7 flex-1 rounded-md text-sm", inMessages === value ? "bg-surface font-medium shadow-sm" : "text-muted hover:text-text")}
    >
      {name}
    </button>
  );
  return (
    <div className="flex gap-1 rounded-md bg-line/50 p-0.5">
      {tab(false, "Conversations")}
      {tab(true, "Messages")}
    </div>
  );
}
