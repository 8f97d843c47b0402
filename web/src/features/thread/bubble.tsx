import { Forward } from "lucide-react";

import { classes } from "@/lib/classes";
import { Attachments } from "./media/attachments";
import { LetterHead } from "./letter";
import type { MessageRowProps } from "./message-row";
import { Parts } from "./parts";
import { Quote } from "./quote";
import { RichText } from "./rich-text";
import { StatusGlyph } from "./status-glyph";

/** What was said, whatever it was made of. */
export function Bubble({ message, onView, onOpen }: MessageRowProps) {
  const out = message.direction === "outbound";
  const format = message.parts.find((part) => part.type === "format");
  const framed = message.parts.find((part) => part.type === "template" || part.type === "buttons");
  const pays = message.parts.some((part) => part.type === "payment");
  const pictures = message.attachments.length > 0 && !message.text && message.attachments.every((one) => one.kind === "image" || one.kind === "sticker") && !message.reply_to;
  const bare = pictures || pays;
  const letter = message.parts.find((part) => part.type === "email");
  const html = message.parts.some((part) => part.type === "html");
  // A call's recording stands under its card.
  const call = message.parts.some((part) => part.type === "call");
  const files = message.attachments.length ? <Attachments attachments={message.attachments} conversationId={message.conversation_id} unnamed={call} onView={onView} /> : null;
  // A choice, a location's name, a card's name or a letter's plain form is the text already shown in its card.
  const told = message.parts.some((part) => ["choice", "location", "contact", "poll", "unsupported", "call", "html", "payment"].includes(part.type));

  if (message.deleted_at) {
    return <p className="rounded-lg border border-dashed border-line-strong px-3 py-1.5 text-muted italic">{out ? "You deleted this message." : "The customer deleted this message."}</p>;
  }
  return (
    <div className={classes("relative rounded-lg", bare ? "" : "px-3 py-1.5", bare ? "" : out ? "bg-bubble-out on-tint" : "bg-bubble-in on-tint", message.local?.state === "sending" && "opacity-80")}>
      {message.forwarded ? (
        <p className="mb-0.5 flex items-center gap-1 text-xs text-muted">
          <Forward className="size-3" aria-hidden="true" /> Forwarded
        </p>
      ) : null}
      {message.reply_to && !letter ? <Quote quote={message.reply_to} onOpen={onOpen} /> : null}
      {letter ? <LetterHead letter={letter} /> : null}
      {framed?.header ? <p className="font-semibold">{framed.header}</p> : null}
      {call || html ? null : files}
      <div className="flex flex-wrap items-end justify-end gap-x-2">
        {message.text && !told ? (
          <div className="min-w-0 flex-1 basis-auto">
            <RichText text={message.text} ranges={format?.ranges} marked={out} />
          </div>
        ) : null}
        {out ? (
          <span className={classes("mb-0.5 flex", pictures && "absolute right-1 bottom-1 rounded bg-surface/80 p-0.5", pays && "absolute right-2 bottom-1.5")}>
            <StatusGlyph message={message} />
          </span>
        ) : null}
      </div>
      <Parts message={message} />
      {call || html ? files : null}
    </div>
  );
}
