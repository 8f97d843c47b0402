import type { Quote as QuoteData } from "@/api/types";
import { classes } from "@/lib/classes";

interface QuoteProps {
  quote: QuoteData;
  onOpen?: (id: string) => void;
}

/** What a message answers; leads there where it is known. */
export function Quote({ quote, onOpen }: QuoteProps) {
  const { id } = quote;
  return (
    <button
      type="button"
      disabled={!id || !onOpen}
      onClick={() => (id ? onOpen?.(id) : undefined)}
      className={classes("mb-1 block w-full rounded border-l-2 border-accent bg-surface/60 px-2 py-1 text-left text-sm", id && onOpen && "hover:bg-surface")}
    >
      <span className="block text-xs font-medium text-accent-text">{quote.sender_name ?? "Message"}</span>
      <span dir="auto" className="line-clamp-2 break-words text-text/80">
        {quote.text || "A message without text"}
      </span>
    </button>
  );
}
