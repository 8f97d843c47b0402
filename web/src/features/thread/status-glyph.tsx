import { Check, CheckCheck, CircleAlert, CircleHelp, Clock } from "lucide-react";

import { classes } from "@/lib/classes";
import type { HeldMessage } from "@/live/message-pages";

const looks = {
  queued: { icon: Clock, text: "Waiting to be sent", tone: "text-muted" },
  sending: { icon: Clock, text: "Being sent", tone: "text-muted" },
  sent: { icon: Check, text: "Sent", tone: "text-muted" },
  delivered: { icon: CheckCheck, text: "Delivered", tone: "text-muted" },
  read: { icon: CheckCheck, text: "Read", tone: "text-accent-text" },
  failed: { icon: CircleAlert, text: "Not delivered", tone: "text-negative-text" },
  unknown: { icon: CircleHelp, text: "Perhaps sent: the platform did not answer", tone: "text-warning" },
};

/** How far an outbound message got: a shape and, for assistive technology, words. */
export function StatusGlyph({ message }: { message: HeldMessage }) {
  const status = message.local?.state === "failed" ? "failed" : (message.status ?? "queued");
  const { icon: Icon, text, tone } = looks[status];
  return (
    <span role="img" aria-label={text} title={text} data-status={status} className={classes("inline-flex shrink-0", tone)}>
      <Icon className="size-3.5" strokeWidth={2.25} />
    </span>
  );
}

export function statusWords(status: keyof typeof looks): string {
  return looks[status].text;
}
