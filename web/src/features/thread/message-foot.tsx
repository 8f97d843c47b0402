import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { retryMessage } from "@/api/messages";
import { classes } from "@/lib/classes";
import { clock, exact } from "@/lib/time";
import { holdMessage } from "@/live/cache";
import type { HeldMessage } from "@/live/message-pages";
import { discard, sendAgain } from "@/live/outbox";
import { toastError } from "@/ui/toast";

/** The time of a group, and what to do about a message that did not arrive. */
export function MessageFoot({ message }: { message: HeldMessage }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const failed = message.local?.state === "failed" || message.status === "failed";

  async function again() {
    setBusy(true);
    try {
      if (message.local) await sendAgain(client, message);
      else holdMessage(client, await retryMessage(message.id));
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
    }
  }
  const why = message.local?.problem ?? [message.error?.detail, message.error?.next_step].filter(Boolean).join(" ");
  return (
    <div className={classes("mt-0.5 max-w-[72ch] px-1 text-xs text-muted", message.direction === "outbound" && "text-right")}>
      <time dateTime={message.sent_at} title={exact(message.sent_at)}>
        {clock(message.sent_at)}
      </time>
      {message.edited_at && !message.deleted_at ? " · edited" : null}
      {message.late ? " · arrived late" : null}
      {failed ? (
        <span className="text-negative-text">
          {" · "}
          {why || "Not delivered."}{" "}
          <button type="button" disabled={busy} onClick={() => void again()} className="font-medium underline underline-offset-2">
            Try again
          </button>
          {message.local ? (
            <>
              {" "}
              <button type="button" onClick={() => discard(client, message)} className="font-medium underline underline-offset-2">
                Discard
              </button>
            </>
          ) : null}
        </span>
      ) : null}
    </div>
  );
}
