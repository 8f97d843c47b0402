import { useState } from "react";
import { Plus, X } from "lucide-react";

import { Button } from "./button";

interface TagsProps {
  tags: string[];
  disabled: boolean;
  onChange: (tags: string[]) => Promise<boolean>;
}

/** Words that sort things: added by typing, taken off one by one. */
export function Tags({ tags, disabled, onChange }: TagsProps) {
  const [typed, setTyped] = useState<string>();

  async function add() {
    const tag = typed?.trim() ?? "";
    const known = tags.some((one) => one.toLowerCase() === tag.toLowerCase());
    if (tag && !known && !(await onChange([...tags, tag]))) return;
    setTyped(undefined);
  }
  return (
    <ul aria-label="Tags" className="flex flex-wrap items-center gap-1">
      {tags.map((tag) => (
        <li key={tag} className="inline-flex h-6 max-w-full items-center gap-0.5 rounded border bg-surface pl-1.5 text-xs">
          <span className="truncate" title={tag}>
            {tag}
          </span>
          {disabled ? (
            <span className="w-0.5" />
          ) : (
            <button type="button" aria-label={`Remove the tag ${tag}`} onClick={() => void onChange(tags.filter((one) => one !== tag))} className="flex size-6 items-center justify-center rounded text-muted hover:text-text">
              <X className="size-3" />
            </button>
          )}
        </li>
      ))}
      <li>
        {disabled ? (
          tags.length === 0 ? <span className="text-sm text-muted">None.</span> : null
        ) : typed === undefined ? (
          <Button small look="quiet" className={tags.length ? "h-6 px-1.5 text-muted" : "-ml-2 h-7 text-muted"} onClick={() => setTyped("")}>
            <Plus /> Tag
          </Button>
        ) : (
          <input
            autoFocus
            aria-label="New tag"
            placeholder="Tag"
            maxLength={50}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onBlur={() => void add()}
            onKeyDown={(event) => {
              if (event.key === "Enter") event.currentTarget.blur();
              if (event.key === "Escape") setTyped(undefined);
            }}
            className="h-6 w-28 rounded border border-accent bg-surface px-1.5 text-xs"
          />
        )}
      </li>
    </ul>
  );
}
