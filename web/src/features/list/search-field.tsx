import { useRef, useState } from "react";
import { useNavigate } from "@tanstack/react-router";
import { Search, X } from "lucide-react";

import { useShortcuts } from "@/lib/shortcuts";
import { useRested } from "@/lib/use-delayed";
import { IconButton } from "@/ui/button";
import { Keys } from "@/ui/keys";

/** Searches conversations and messages; what is searched stands in the address. */
export function SearchField({ view, q }: { view: string; q?: string }) {
  const [typed, setTyped] = useState(q ?? "");
  const [shown, setShown] = useState(q);
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  useShortcuts({ "/": () => field.current?.focus() });

  // The address changed by other means: a view was chosen, or the way back.
  if (shown !== q) {
    setShown(q);
    setTyped(q ?? "");
  }
  const search = useRested((text: string) => {
    if (text.trim() !== (q ?? "")) void navigate({ to: ".", search: { view, q: text.trim() || undefined }, replace: true });
  });
  function type(text: string) {
    setTyped(text);
    search(text);
  }

  return (
    <div className="relative">
      <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted" aria-hidden="true" />
      <input
        ref={field}
        type="search"
        aria-label="Search conversations and messages"
        placeholder="Search"
        value={typed}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          type("");
          field.current?.blur();
        }}
        className="h-8 w-full rounded-md border bg-surface pr-8 pl-8 hover:border-line-strong focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30 [&::-webkit-search-cancel-button]:hidden"
      />
      <span className="absolute top-0.5 right-0.5">
        {typed ? (
          <IconButton label="Clear the search" small onClick={() => type("")}>
            <X />
          </IconButton>
        ) : (
          <span className="flex size-7 items-center justify-center max-md:hidden">
            <Keys keys="/" />
          </span>
        )}
      </span>
    </div>
  );
}
