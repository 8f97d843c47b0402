import { useState } from "react";

import { emoji } from "@/lib/emoji";

interface EmojiGridProps {
  /** Only these, where a platform takes no others. */
  only?: string[];
  onPick: (emoji: string) => void;
}

export function EmojiGrid({ only, onPick }: EmojiGridProps) {
  const [typed, setTyped] = useState("");
  const all: [string, string][] = only ? only.map((one) => [one, emoji.find(([known]) => known === one)?.[1] ?? ""]) : emoji;
  const shown = all.filter(([, words]) => words.includes(typed.trim().toLowerCase()));
  return (
    <div className="w-72 max-w-[calc(100vw-2rem)] p-2">
      <input
        autoFocus
        aria-label="Find an emoji"
        placeholder="Find an emoji"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        className="mb-2 h-8 w-full rounded-md border bg-surface px-2"
      />
      <div className="grid max-h-52 grid-cols-8 overflow-y-auto">
        {shown.map(([one, words]) => (
          <button key={one} type="button" aria-label={words ? `${one} ${words.split(" ")[0] ?? ""}` : one} onClick={() => onPick(one)} className="flex size-8 items-center justify-center rounded-md text-lg hover:bg-line/60">
            {one}
          </button>
        ))}
      </div>
      {shown.length === 0 ? <p className="py-4 text-center text-sm text-muted">No such emoji.</p> : null}
    </div>
  );
}
