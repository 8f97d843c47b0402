import { memo } from "react";
import { StickyNote } from "lucide-react";

import type { Abilities } from "@/api/types";
import { classes } from "@/lib/classes";
import { clock, exact, moment } from "@/lib/time";
import type { HeldMessage } from "@/live/message-pages";
import { Bubble } from "./bubble";
import { MessageFoot } from "./message-foot";
import { MessageTools } from "./message-tools";
import { Reactions } from "./reactions";
import { RichText } from "./rich-text";

export interface MessageRowProps {
  message: HeldMessage;
  first: boolean;
  last: boolean;
  /** Whether names are shown on inbound messages: in groups. */
  named: boolean;
  abilities?: Abilities;
  me?: string;
  highlighted: boolean;
  onView: (attachmentId: string) => void;
  onOpen: (messageId: string) => void;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message } = props;
  if (message.kind === "system") return <SystemLine message={message} />;
  if (message.direction === "internal") return <Note {...props} />;
  return <Side {...props} />;
});

function Side(props: MessageRowProps) {
  const { message, first, last, named, me, highlighted } = props;
  const out = message.direction === "outbound";
  const other = out && message.sender.id !== me ? message.sender.name : undefined;
  const name = first ? (named && !out ? message.sender.name : other) : undefined;
  return (
    <article
      data-message={message.id}
      className={classes("group/message flex flex-col px-4", out ? "items-end" : "items-start", first ? "pt-2.5" : "pt-0.5", highlighted && "bg-accent-quiet")}
      aria-label={`${out ? "You or your team" : (message.sender.name ?? "Customer")}, ${clock(message.sent_at)}`}
    >
      {name ? <span className="mb-0.5 px-1 text-xs text-muted">{name}</span> : null}
      <div tabIndex={0} className={classes("relative max-w-[min(72ch,88%)] rounded-lg", message.attachments.length > 0 && "max-w-full", message.parts.some((part) => part.type === "html") && "w-[min(72ch,100%)]")}>
        <Bubble {...props} />
        <div className={classes("absolute bottom-full z-10 -mb-1.5", out ? "right-2" : "left-2")}>
          <MessageTools {...props} />
        </div>
      </div>
      <Reactions reactions={message.deleted_at ? [] : message.reactions} />
      {last || message.status === "failed" || message.local?.state === "failed" ? <MessageFoot message={message} /> : null}
    </article>
  );
}

function Note(props: MessageRowProps) {
  const { message, highlighted } = props;
  return (
    <article data-message={message.id} className={classes("group/message px-4 pt-2.5", highlighted && "bg-accent-quiet")} aria-label={`Note by ${message.sender.name ?? "a member"}`}>
      <div tabIndex={0} className="relative rounded-md border border-paper-line bg-paper on-tint px-3 py-2">
        <header className="mb-0.5 flex items-center gap-1.5 text-xs text-muted">
          <StickyNote className="size-3.5" aria-hidden="true" />
          <span className="font-medium text-text">{message.sender.name ?? "Member"}</span>
          <span>note, seen by your team only</span>
          <time className="ml-auto" dateTime={message.sent_at} title={exact(message.sent_at)}>
            {clock(message.sent_at)}
            {message.edited_at ? " · edited" : ""}
          </time>
        </header>
        {message.deleted_at ? <p className="text-muted italic">This note was deleted.</p> : <RichText text={message.text} />}
        {message.local?.state === "failed" ? <MessageFoot message={message} /> : null}
        <div className="absolute -top-5 right-2 z-10">
          <MessageTools {...props} />
        </div>
      </div>
    </article>
  );
}

function SystemLine({ message }: { message: HeldMessage }) {
  return (
    <p data-message={message.id} className="px-6 py-1.5 text-center text-xs text-balance break-words text-muted">
      {sentence(message)} ·{" "}
      <time dateTime={message.sent_at} title={exact(message.sent_at)}>
        {clock(message.sent_at)}
      </time>
    </p>
  );
}

/** The server writes its sentence in UTC; where it tells the instant itself, the reader's own clock is used. */
function sentence({ text, parts }: HeldMessage): string {
  const change = parts.find((part) => part.type === "change");
  return change?.until ? text.replace(/ until [^.]+\.$/, ` until ${moment(change.until)}.`) : text;
}
