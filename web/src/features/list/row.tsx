import { memo } from "react";
import { Link } from "@tanstack/react-router";
import { AlarmClock, Check, ChevronsUp, CircleAlert, PhoneMissed } from "lucide-react";

import type { Conversation, Member } from "@/api/types";
import { classes } from "@/lib/classes";
import { exact, shortAgo } from "@/lib/time";
import { Avatar } from "@/ui/avatar";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { snippet, speaker, wasMissed } from "./snippet";

interface RowProps {
  conversation: Conversation;
  view: string;
  q?: string;
  me?: Member | { id: string; name: string };
  assignee?: { id: string; name: string };
  draft?: string;
  open: boolean;
  cursor: boolean;
  ticked: boolean;
  ticking: boolean;
  compact: boolean;
  now: number;
  onTick: (id: string, range: boolean) => void;
}

export const Row = memo(function Row(props: RowProps) {
  const { conversation, open, cursor, ticked, compact, now } = props;
  const unread = conversation.unread_count > 0;
  return (
    <div
      className={classes(
        "group relative flex h-full items-center border-b border-line/70",
        open ? "bg-accent-quiet on-tint" : "hover:bg-line/40",
        cursor && "shadow-[inset_2px_0_0_var(--accent)]",
      )}
    >
      <Tick {...props} />
      <Link
        to="/inbox/$conversationId"
        params={{ conversationId: conversation.id }}
        search={{ view: props.view, q: props.q }}
        data-conversation={conversation.id}
        aria-current={open ? "true" : undefined}
        aria-label={label(conversation)}
        className={classes("flex h-full min-w-0 flex-1 items-center gap-3 pr-3", compact ? "pl-9" : "pl-14", unread && "font-semibold")}
      >
        {compact ? (
          <>
            <span dir="auto" className="w-28 shrink-0 truncate text-left">{conversation.contact.name || "Unnamed"}</span>
            <Line {...props} />
            <Mark conversation={conversation} />
            <Time at={conversation.last_message_at} now={now} />
          </>
        ) : (
          <span className="flex min-w-0 flex-1 flex-col gap-0.5">
            <span className="flex items-baseline gap-2">
              <span dir="auto" className="min-w-0 flex-1 truncate text-left">{conversation.contact.name || "Unnamed"}</span>
              <Time at={conversation.last_message_at} now={now} />
            </span>
            <span className="flex items-center gap-2">
              <Line {...props} />
              {props.assignee ? <Avatar name={props.assignee.name} seed={props.assignee.id} size="xs" /> : null}
              <Mark conversation={conversation} />
            </span>
          </span>
        )}
      </Link>
      {ticked ? <span className="sr-only">selected</span> : null}
    </div>
  );
});

/** The avatar, which becomes a tick box under the pointer and while others are ticked. */
function Tick({ conversation, ticked, ticking, compact, onTick }: RowProps) {
  const shown = ticked || ticking;
  return (
    <button
      type="button"
      tabIndex={-1}
      role="checkbox"
      aria-checked={ticked}
      aria-label={`Select ${conversation.contact.name}`}
      onClick={(event) => onTick(conversation.id, event.shiftKey)}
      className={classes("absolute z-10 flex items-center justify-center", compact ? "left-3 size-5" : "left-3 size-9")}
    >
      <span className={shown ? "opacity-0" : "group-hover:opacity-0 max-md:group-hover:opacity-100"}>
        {compact ? (
          <ChannelGlyph channel={conversation.channel} />
        ) : (
          <Avatar name={conversation.contact.name} seed={conversation.contact.id} mark={<ChannelGlyph channel={conversation.channel} ring />} />
        )}
      </span>
      <span
        className={classes(
          "absolute flex size-5 items-center justify-center rounded border-2",
          ticked ? "border-accent bg-accent text-on-accent" : "border-muted bg-surface",
          shown ? "opacity-100" : "opacity-0 group-hover:opacity-100 max-md:group-hover:opacity-0",
        )}
      >
        {ticked ? <Check className="size-3.5" strokeWidth={3} /> : null}
      </span>
    </button>
  );
}

function Line({ conversation, draft, me, open }: RowProps) {
  return (
    <span dir="auto" className={classes("min-w-0 flex-1 truncate text-left text-sm", conversation.unread_count === 0 && "text-muted")}>
      {draft && !open ? (
        <>
          <span className="text-negative-text">Draft: </span>
          {draft}
        </>
      ) : (
        <>
          {conversation.subject ? <span className="text-text">{conversation.subject} · </span> : null}
          {speaker(conversation, me?.name)}
          {snippet(conversation.last_message)}
        </>
      )}
    </span>
  );
}

/** The one thing about the conversation that asks for attention most. */
function Mark({ conversation }: { conversation: Conversation }) {
  const failed = conversation.last_message?.status === "failed";
  const urgent = conversation.priority === "urgent" || conversation.priority === "high";
  return (
    <span className="flex shrink-0 items-center gap-1.5">
      {urgent ? <ChevronsUp className={classes("size-4", conversation.priority === "urgent" ? "text-negative-text" : "text-warning")} aria-label={`${conversation.priority} priority`} /> : null}
      {wasMissed(conversation.last_message) ? <PhoneMissed className="size-4 text-negative-text" aria-label="Call back" /> : null}
      {failed ? <CircleAlert className="size-4 text-negative-text" aria-label="Not delivered" /> : null}
      {conversation.status === "snoozed" ? <AlarmClock className="size-3.5 text-muted" aria-label="Snoozed" /> : null}
      {conversation.unread_count > 0 ? (
        <span className="min-w-5 rounded-full bg-accent px-1.5 text-center text-xs leading-5 font-semibold text-on-accent tabular-nums">
          {conversation.unread_count > 99 ? "99+" : conversation.unread_count}
        </span>
      ) : null}
    </span>
  );
}

function Time({ at, now }: { at: string; now: number }) {
  return (
    <time dateTime={at} title={exact(at)} className="shrink-0 text-xs font-normal text-muted tabular-nums">
      {shortAgo(at, now)}
    </time>
  );
}

function label({ contact, channel, subject, unread_count: unread, last_message: last }: Conversation): string {
  return `${contact.name || "Unnamed"} on ${channel}${unread ? `, ${unread} unread` : ""}: ${subject ? `${subject}, ` : ""}${snippet(last)}`;
}
