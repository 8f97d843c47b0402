import type { ReactNode } from "react";
import { CircleSlash, ContactRound, ExternalLink, ListChecks, MapPin, Phone, ShoppingBag, Vote } from "lucide-react";

import type { Part } from "@/api/types";
import { count } from "@/lib/text";
import type { HeldMessage } from "@/live/message-pages";
import { late } from "@/ui/late";
import { HtmlBody, InviteCard, Quoted } from "./letter";

const CallCard = late(() => import("./call-card").then((module) => module.CallCard));
const PaymentCard = late(() => import("./payment-card").then((module) => module.PaymentCard));

/** The structured pieces of a message, each as a small card. */
export function Parts({ message }: { message: Pick<HeldMessage, "id" | "conversation_id" | "parts" | "local"> }) {
  // What was quoted stands below the letter that quotes it.
  const parts = message.parts.toSorted((one, other) => Number(one.type === "email") - Number(other.type === "email"));
  return parts.map((part, index) => <PartCard key={index} part={part} message={message} />);
}

function PartCard({ part, message }: { part: Part; message: Pick<HeldMessage, "id" | "conversation_id" | "local"> }): ReactNode {
  switch (part.type) {
    case "location":
      return (
        <Card icon={<MapPin />} title={part.name ?? (part.live ? "Live location" : "Location")} text={part.address ?? undefined}>
          <a
            href={`https://www.openstreetmap.org/?mlat=${part.latitude}&mlon=${part.longitude}#map=16/${part.latitude}/${part.longitude}`}
            target="_blank"
            rel="noreferrer noopener"
            className="inline-flex items-center gap-1 text-sm text-accent-text underline underline-offset-2"
          >
            {part.latitude.toFixed(5)}, {part.longitude.toFixed(5)} <ExternalLink className="size-3" aria-label="opens a map" />
          </a>
        </Card>
      );
    case "contact":
      return (
        <Card icon={<ContactRound />} title={part.name} text={part.organization ?? undefined}>
          {[...part.phones.map((phone) => ({ text: phone, href: `tel:${phone}` })), ...part.emails.map((email) => ({ text: email, href: `mailto:${email}` }))].map((one) => (
            <a key={one.href} href={one.href} className="flex items-center gap-1 text-sm text-accent-text underline underline-offset-2">
              {one.href.startsWith("tel:") ? <Phone className="size-3" aria-hidden="true" /> : null}
              {one.text}
            </a>
          ))}
        </Card>
      );
    case "choice":
      return <Card icon={<ListChecks />} title={part.title} text={part.description ?? "Chosen from what we offered"} />;
    case "buttons":
      return (
        <>
          {part.footer ? <p className="mt-1 text-xs text-muted">{part.footer}</p> : null}
          <ul className="mt-2 flex flex-col gap-1" aria-label={part.list ? "List offered" : "Buttons offered"}>
            {part.buttons.map((button) => (
              <li key={button.id} className="rounded-md border border-line-strong/60 bg-surface/70 px-2 py-1 text-center text-sm font-medium">
                {button.title}
                {button.url ? <ExternalLink className="ml-1 inline size-3" aria-hidden="true" /> : null}
                {button.description ? <span className="block text-xs font-normal text-muted">{button.description}</span> : null}
              </li>
            ))}
          </ul>
        </>
      );
    case "template":
      return part.footer ? <p className="mt-1 text-xs text-muted">{part.footer}</p> : null;
    case "order":
      return (
        <Card icon={<ShoppingBag />} title={`Order of ${count(part.items.length, "item")}`}>
          {part.items.map((item) => (
            <p key={item.id} className="flex justify-between gap-4 text-sm tabular-nums">
              <span>
                {item.quantity} × {item.id}
              </span>
              <span>
                {item.price} {item.currency}
              </span>
            </p>
          ))}
        </Card>
      );
    case "poll":
      return (
        <Card icon={<Vote />} title={part.question}>
          {part.options.map((option) => (
            <p key={option} className="text-sm">
              {option}
            </p>
          ))}
        </Card>
      );
    case "unsupported":
      return <Card icon={<CircleSlash />} title={`Not shown here: ${part.what}`} text={part.detail ?? "Switchboard cannot show this kind of message. It can be seen in the platform's own app."} />;
    case "html":
      return <HtmlBody html={part.html} />;
    case "email":
      return part.quoted ? <Quoted text={part.quoted} /> : null;
    case "invite":
      return <InviteCard invite={part} />;
    case "call":
      return <CallCard call={part} message={message} fallback={<div className="my-1 h-15 w-60" />} />;
    case "payment":
      return <PaymentCard part={part} message={message} fallback={<div className="my-1 h-31 w-72" />} />;
    case "format":
    case "change":
      return null;
  }
}

interface CardProps {
  icon: ReactNode;
  title: string;
  text?: string;
  children?: ReactNode;
}

function Card({ icon, title, text, children }: CardProps) {
  return (
    <div className="my-1 flex min-w-52 items-start gap-2.5 rounded-md border border-line-strong/60 bg-surface/70 p-2.5">
      <span className="mt-0.5 text-muted [&_svg]:size-4">{icon}</span>
      <div className="min-w-0">
        <p className="font-medium break-words">{title}</p>
        {text ? <p className="text-sm text-muted">{text}</p> : null}
        {children}
      </div>
    </div>
  );
}
