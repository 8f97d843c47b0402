import { List, Plus, SquareMousePointer, X } from "lucide-react";

import type { Abilities, Button as Choice } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { newChoice, type Offer, offered, offerLimits } from "./offer";
import { OfferInWords } from "./offer-in-words";

interface OfferEditorProps {
  abilities: Abilities;
  offer: Offer;
  /** What stands above the choices. */
  text: string;
  onChange: (offer: Offer) => void;
  onDrop: () => void;
}

const field = "h-8 min-w-0 rounded-md border border-line-strong bg-surface px-2 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30";
/** Where the platforms that have them end. */
const frameMax = 60;

/** Choices under the message. As long as they fit they are buttons; more or longer ones become a list. */
export function OfferEditor({ abilities, offer, text, onChange, onDrop }: OfferEditorProps) {
  const limits = offerLimits(abilities, offer.buttons);
  if (!limits) return null;
  const { list, titleMax, descriptionMax, most } = limits;
  const word = list ? "Row" : "Button";
  const change = (id: string, to: Partial<Choice>) => onChange({ ...offer, buttons: offer.buttons.map((one) => (one.id === id ? { ...one, ...to } : one)) });
  return (
    <fieldset className="mx-3 mt-2 flex flex-col gap-2 rounded-md border bg-canvas p-2">
      <legend className="sr-only">Choices under the message</legend>
      <div className="flex items-center gap-2 text-sm text-muted">
        {list ? <List className="size-4" aria-hidden="true" /> : <SquareMousePointer className="size-4" aria-hidden="true" />}
        <span className="flex-1" role="status">
          {list ? "A list to pick from" : "Buttons"} · {offer.buttons.length} of {most}
        </span>
        <IconButton small label="Remove the choices" onClick={onDrop}>
          <X />
        </IconButton>
      </div>
      <div className="flex flex-wrap gap-2">
        <input aria-label="Header" placeholder="Header (optional)" maxLength={frameMax} value={offer.header} onChange={(event) => onChange({ ...offer, header: event.target.value })} className={`${field} flex-1 basis-40`} />
        <input aria-label="Footer" placeholder="Footer (optional)" maxLength={frameMax} value={offer.footer} onChange={(event) => onChange({ ...offer, footer: event.target.value })} className={`${field} flex-1 basis-40`} />
      </div>
      <ol className={list ? "flex max-h-48 flex-col gap-1.5 overflow-y-auto" : "flex flex-wrap gap-1.5"}>
        {offer.buttons.map((choice, index) => (
          <li key={choice.id} className="flex min-w-0 items-center gap-1">
            <input
              autoFocus={choice.title === ""}
              aria-label={`${word} ${index + 1}`}
              placeholder={`${word} ${index + 1}`}
              maxLength={titleMax}
              value={choice.title}
              onChange={(event) => change(choice.id, { title: event.target.value })}
              className={`${field} ${list ? "w-44" : "w-32"}`}
            />
            {list && descriptionMax ? (
              <input
                aria-label={`Description of row ${index + 1}`}
                placeholder="Description (optional)"
                maxLength={descriptionMax}
                value={choice.description ?? ""}
                onChange={(event) => change(choice.id, { description: event.target.value })}
                className={`${field} flex-1`}
              />
            ) : null}
            <IconButton small label={`Remove ${word.toLowerCase()} ${index + 1}`} onClick={() => onChange({ ...offer, buttons: offer.buttons.filter((one) => one.id !== choice.id) })}>
              <X />
            </IconButton>
          </li>
        ))}
      </ol>
      {offer.buttons.length < most ? (
        <Button small look="quiet" className="self-start" onClick={() => onChange({ ...offer, buttons: [...offer.buttons, newChoice()] })}>
          <Plus /> Another choice
        </Button>
      ) : null}
      {abilities.choices_in_words ? <OfferInWords text={text} offer={offer} empty={offered(offer).length === 0} /> : null}
    </fieldset>
  );
}
