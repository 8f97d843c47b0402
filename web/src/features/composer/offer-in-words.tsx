import { Info } from "lucide-react";

import { inWords, type Offer } from "./offer";

interface OfferInWordsProps {
  text: string;
  offer: Offer;
  /** Whether no choice has a name yet. */
  empty: boolean;
}

/** Not every network of this channel has buttons: what the customer may read instead. */
export function OfferInWords({ text, offer, empty }: OfferInWordsProps) {
  return (
    <div className="flex flex-col gap-1.5 border-t pt-2 text-sm text-muted">
      <p className="flex items-start gap-1.5">
        <Info className="mt-0.5 size-3.5 shrink-0" aria-hidden="true" />
        Where the customer’s network has no buttons, the choices are numbered lines, and the customer answers in words{empty ? "." : ":"}
      </p>
      {empty ? null : (
        <p dir="auto" aria-label="As numbered lines" role="note" className="max-h-32 w-fit max-w-full overflow-y-auto rounded-lg bg-bubble-out px-3 py-1.5 break-words whitespace-pre-wrap text-text">
          {inWords(text, offer)}
        </p>
      )}
    </div>
  );
}
