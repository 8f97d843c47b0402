import inter from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { useEffect, useRef, useState } from "react";
import { CalendarDays, ShieldAlert } from "lucide-react";

import type { LetterPart, InvitePart, Mailbox } from "@/api/types";
import { count } from "@/lib/text";
import { dateRange } from "@/lib/time";
import { Button } from "@/ui/button";
import { heightOf, keepHeight } from "./letter-height";

const named = (box: Mailbox) => (box.name ? `${box.name} <${box.address}>` : box.address);

/** Who wrote to whom; the rest of the header is folded. */
export function LetterHead({ letter }: { letter: LetterPart }) {
  const lines = [
    ["To", letter.to],
    ["Cc", letter.cc],
    ["Bcc", letter.bcc],
    ["Reply to", letter.reply_to],
  ] as const;
  const filled = lines.filter(([, boxes]) => boxes?.length);
  const copies = (letter.cc?.length ?? 0) + (letter.bcc?.length ?? 0);
  return (
    <header className="mb-1 text-xs text-muted">
      {letter.subject && !isAnswer(letter.subject) ? <p dir="auto" className="text-sm font-semibold text-text">{letter.subject}</p> : null}
      {letter.warning ? (
        <p role="alert" className="my-1 flex items-start gap-1.5 rounded border border-current px-2 py-1 text-warning">
          <ShieldAlert aria-hidden className="mt-px size-3.5 shrink-0" />
          {letter.warning}
        </p>
      ) : null}
      <details>
        <summary className="w-fit max-w-full truncate rounded hover:text-text">
          {letter.from ? named(letter.from) : "From this address"}
          {copies ? ` · ${count(copies, "copy", "copies")}` : ""}
          {letter.automatic ? " · automatic answer" : ""}
        </summary>
        <dl className="mt-0.5 grid grid-cols-[auto_1fr] gap-x-2">
          {filled.map(([what, boxes]) => (
            <div key={what} className="contents">
              <dt>{what}</dt>
              <dd className="break-all">{boxes?.map(named).join(", ")}</dd>
            </div>
          ))}
        </dl>
      </details>
    </header>
  );
}

/** The subject of an answer says what the thread's header says already. */
function isAnswer(subject: string): boolean {
  return /^(re|aw|sv|antw|rv|ref)\s*:/i.test(subject);
}

/** Earlier letters below the new text. */
export function Quoted({ text }: { text: string }) {
  return (
    <details className="mt-1 text-sm text-muted">
      <summary aria-label="Show what was quoted" title="Show what was quoted" className="w-fit list-none rounded border bg-surface/60 px-1.5 leading-4 hover:text-text [&::-webkit-details-marker]:hidden">
        …
      </summary>
      <p dir="auto" className="mt-1 border-l-2 pl-2 whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>
    </details>
  );
}

const tallest = 640;
/** Of the frame, above and below together. */
const padding = 20;

/**
 * A body as its sender formatted it. It was sanitised on the way in; the frame lets nothing run and nothing be loaded from elsewhere,
 * and links open beside the inbox.
 */
export function HtmlBody({ html }: { html: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(() => Math.max(60, heightOf(html) + padding));
  const [whole, setWhole] = useState(false);
  const page = `<!doctype html><base target="_blank"><style>html{overflow-wrap:anywhere}@font-face{font-family:Inter;font-weight:100 900;src:url(${inter})}body{margin:0;font:14px/1.5 Inter,system-ui,sans-serif;color:#0f172a}body>:first-child{margin-top:0}body>:last-child{margin-bottom:0}td,th{padding:2px 8px 2px 0;text-align:left}img{max-width:100%;height:auto}table{max-width:100%}blockquote{margin:0 0 0 .5rem;padding-left:.5rem;border-left:2px solid #cbd5e1;color:#475569}</style>${html}`;

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => {
      // What is in it, not `scrollHeight`: that is never less than the frame's own height.
      const inner = element.contentDocument?.documentElement;
      if (!inner?.offsetHeight) return;
      keepHeight(html, inner.offsetHeight);
      setHeight(inner.offsetHeight + padding);
    };
    const widths = new ResizeObserver(measure);
    widths.observe(element);
    element.addEventListener("load", measure);
    return () => {
      widths.disconnect();
      element.removeEventListener("load", measure);
    };
  }, [page, html]);

  return (
    <div className="my-1 overflow-hidden rounded-md bg-white">
      <iframe
        ref={frame}
        title="The letter as it was formatted"
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        srcDoc={page}
        style={{ height: whole ? height : Math.min(height, tallest) }}
        className="block w-full border-0 bg-white p-2.5"
      />
      {height > tallest ? (
        <Button small look="quiet" className="m-1" onClick={() => setWhole(!whole)}>
          {whole ? "Fold" : "Show all of it"}
        </Button>
      ) : null}
    </div>
  );
}

/** An invitation to a meeting. */
export function InviteCard({ invite }: { invite: InvitePart }) {
  const cancelled = invite.method === "cancel";
  return (
    <div className="my-1 flex min-w-52 items-start gap-2.5 rounded-md border border-line-strong/60 bg-surface/70 p-2.5">
      <CalendarDays className="mt-0.5 size-4 text-muted" aria-hidden="true" />
      <div className="min-w-0">
        <p className={cancelled ? "font-medium line-through" : "font-medium"}>{invite.title}</p>
        <p className="text-sm text-muted">
          {cancelled ? "Cancelled · " : ""}
          {dateRange(invite.starts_at, invite.ends_at ?? undefined, invite.all_day)}
        </p>
        {invite.location ? <p className="text-sm text-muted">{invite.location}</p> : null}
        {invite.organizer ? <p className="text-sm text-muted">Invited by {invite.organizer.name ?? invite.organizer.address}</p> : null}
      </div>
    </div>
  );
}
