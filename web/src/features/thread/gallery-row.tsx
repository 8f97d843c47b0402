import { memo } from "react";
import { Forward } from "lucide-react";

import type { Abilities } from "@/api/types";
import { classes } from "@/lib/classes";
import { clock } from "@/lib/time";
import type { HeldMessage } from "@/live/message-pages";
import { Mosaic, type MosaicTile, sorts } from "./media/mosaic";
import { MessageFoot } from "./message-foot";
import { MessageTools } from "./message-tools";
import { Quote } from "./quote";
import { Reactions } from "./reactions";
import { RichText } from "./rich-text";
import { StatusGlyph } from "./status-glyph";

interface GalleryRowProps {
  /** Pictures in a row, at least two. */
  messages: HeldMessage[];
  first: boolean;
  last: boolean;
  /** Whether names are shown on inbound messages: in groups. */
  named: boolean;
  abilities?: Abilities;
  me?: string;
  /** The message that somebody was led to. */
  highlighted?: string;
  onView: (attachmentId: string) => void;
  onOpen: (messageId: string) => void;
}

/** Pictures that were sent one after the other, as one: each keeps its tools, its state and its reactions. */
export const GalleryRow = memo(function GalleryRow({ messages, first, last, named, abilities, me, highlighted, onView, onOpen }: GalleryRowProps) {
  const [head] = messages;
  const tail = messages.at(-1);
  if (!head || !tail) return null;
  const out = head.direction === "outbound";
  const sender = out ? (head.sender.id === me ? undefined : head.sender.name) : named ? head.sender.name : undefined;
  const captioned = messages.filter((message) => message.text);
  // One state for all, as long as they have one.
  const uneven = out && new Set(messages.map((message) => message.status)).size > 1;
  const tiles = messages.flatMap((message) => message.attachments.map((attachment) => tile(message, attachment)));

  function tile(message: HeldMessage, attachment: MosaicTile["attachment"]): MosaicTile {
    return {
      attachment,
      messageId: message.id,
      highlighted: message.id === highlighted,
      tools: <MessageTools message={message} abilities={abilities} me={me} />,
      mark: out && (uneven || message === tail) ? <StatusGlyph message={message} /> : undefined,
      onOpen: () => onView(attachment.id),
    };
  }
  return (
    <article
      className={classes("flex flex-col px-4", out ? "items-end" : "items-start", first ? "pt-2.5" : "pt-0.5")}
      aria-label={`${out ? "You or your team" : (head.sender.name ?? "Customer")}, ${clock(head.sent_at)}: ${sorts(tiles)}`}
    >
      {first && sender ? <span className="mb-0.5 px-1 text-xs text-muted">{sender}</span> : null}
      <div className={classes("max-w-full rounded-lg", (captioned.length > 0 || head.reply_to || head.forwarded) && [out ? "bg-bubble-out" : "bg-bubble-in", "on-tint p-1"])}>
        {head.forwarded ? (
          <p className="mb-0.5 flex items-center gap-1 px-1 text-xs text-muted">
            <Forward className="size-3" aria-hidden="true" /> Forwarded
          </p>
        ) : null}
        {head.reply_to ? <Quote quote={head.reply_to} onOpen={onOpen} /> : null}
        <Mosaic tiles={tiles} />
        {captioned.map((message) => (
          <div key={message.id} className="max-w-80 px-2 py-1">
            <RichText text={message.text} ranges={message.parts.find((part) => part.type === "format")?.ranges} marked={out} />
          </div>
        ))}
      </div>
      <Reactions reactions={messages.flatMap((message) => message.reactions)} to={(reaction) => `to ${of(messages, reaction)}`} />
      {last ? <MessageFoot message={tail} /> : null}
    </article>
  );
});

/** Which of the pictures somebody reacted to. */
function of(messages: HeldMessage[], reaction: HeldMessage["reactions"][number]): string {
  return `picture ${messages.findIndex((message) => message.reactions.includes(reaction)) + 1}`;
}
