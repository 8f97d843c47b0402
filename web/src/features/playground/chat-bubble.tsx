import { Check, CheckCheck, ExternalLink, FileText, MoreHorizontal } from "lucide-react";

import { classes } from "@/lib/classes";
import { quickEmoji } from "@/lib/emoji";
import { clock } from "@/lib/time";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import type { Act, ChatMessage } from "./types";

const callWords: Record<string, string> = { ringing: "Ringing", "in-progress": "Call, connected", completed: "Call ended", busy: "Call declined", "no-answer": "Call, not answered", canceled: "Call cancelled", failed: "Call failed" };

interface ChatBubbleProps {
  message: ChatMessage;
  quoted?: ChatMessage;
  onReply: () => void;
  onEdit: () => void;
  onAct: (act: Act) => void;
}

/** One bubble as the customer sees it: their own on the right. */
export function ChatBubble({ message, quoted, onReply, onEdit, onAct }: ChatBubbleProps) {
  const own = message.from_customer;
  return (
    <article className={classes("group flex max-w-full items-center gap-1", own ? "flex-row-reverse" : "")} aria-label={own ? "You" : "Business"} data-status={message.status}>
      <div className={classes("max-w-[80%] min-w-0 rounded-lg px-3 py-1.5", own ? "bg-bubble-out on-tint" : "border bg-surface")}>
        {message.deleted ? (
          <p className="text-muted italic">This message was deleted.</p>
        ) : (
          <>
            {quoted ? <p className="mb-1 line-clamp-2 rounded border-l-2 border-accent bg-surface/60 px-2 py-0.5 text-sm text-muted">{quoted.text || quoted.kind}</p> : null}
            <Media message={message} />
            {message.text ? (
              <p dir="auto" className="[overflow-wrap:anywhere] whitespace-pre-wrap">
                {message.text}
              </p>
            ) : null}
            {message.buttons.map((button) => (
              <button
                key={button.id}
                type="button"
                onClick={() => (button.url ? window.open(button.url, "_blank", "noopener") : onAct({ type: "press", message: message.id, button: button.id }))}
                className="mt-1 flex w-full min-w-40 items-center justify-center gap-1 rounded-md border py-1.5 font-medium text-accent-text hover:bg-accent-quiet"
              >
                {button.title}
                {button.url ? <ExternalLink className="size-3.5" /> : null}
              </button>
            ))}
          </>
        )}
        <p className="mt-0.5 flex items-center justify-end gap-1 text-xs text-muted">
          {message.edited ? "edited" : ""} {clock(message.at)}
          {own ? message.status === "read" ? <CheckCheck className="size-3.5 text-accent-text" aria-label="Read" /> : <Check className="size-3.5" aria-label="Sent" /> : null}
        </p>
        {message.reactions.length ? <p className="-mb-3 w-fit rounded-full border bg-surface px-1.5 text-sm">{message.reactions.map(([emoji]) => emoji).join(" ")}</p> : null}
      </div>
      {message.deleted ? null : (
        <Menu
          align={own ? "end" : "start"}
          trigger={
            <button type="button" aria-label="Act on this message" className="rounded p-1 text-muted opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 max-md:opacity-100">
              <MoreHorizontal className="size-4" />
            </button>
          }
        >
          <div className="flex gap-1 px-1 py-1">
            {quickEmoji.map((emoji) => (
              <button key={emoji} type="button" aria-label={`React with ${emoji}`} className="rounded p-1 text-lg hover:bg-line/60" onClick={() => onAct({ type: "react", message: message.id, emoji })}>
                {emoji}
              </button>
            ))}
          </div>
          <MenuLine />
          <MenuItem onSelect={() => onAct({ type: "react", message: message.id, emoji: "" })}>Take the reaction back</MenuItem>
          <MenuItem onSelect={onReply}>Reply</MenuItem>
          {own && message.kind === "text" ? <MenuItem onSelect={onEdit}>Edit</MenuItem> : null}
          {own ? (
            <MenuItem danger onSelect={() => onAct({ type: "delete", message: message.id })}>
              Delete
            </MenuItem>
          ) : null}
        </Menu>
      )}
    </article>
  );
}

function Media({ message }: { message: ChatMessage }) {
  const { media_url: url, kind } = message;
  if (kind === "call") return <p className="font-medium">{callWords[message.status] ?? "Call"}</p>;
  if (!url) return kind === "text" || message.text ? null : <p className="text-muted">{kind}</p>;
  if (kind === "image" || kind === "sticker") return <img src={url} alt={message.file_name ?? kind} className="mb-1 max-h-56 max-w-full rounded" />;
  if (kind === "video") return <video src={url} controls className="mb-1 max-h-56 max-w-full rounded" aria-label={message.file_name ?? "Video"} />;
  if (kind === "audio" || kind === "voice") return <audio src={url} controls className="mb-1 max-w-full" aria-label={message.file_name ?? "Audio"} />;
  return (
    <a href={url} target="_blank" rel="noreferrer" className="mb-1 flex items-center gap-2 rounded border bg-surface p-2">
      <FileText className="size-4 text-muted" /> {message.file_name ?? "Document"}
    </a>
  );
}
