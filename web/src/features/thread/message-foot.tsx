import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { retryMessage } from "@/api/messages";
import { stepOf, whyNot } from "@/api/refusals";
import { classes } from "@/lib/classes";
import { useComposerMode } from "@/lib/facts/composer-mode";
import { draftKey, useDrafts } from "@/lib/facts/drafts";
import { clock, exact, span } from "@/lib/time";
import { holdMessage } from "@/live/cache";
import type { HeldMessage } from "@/live/message-pages";
import { discard, sendAgain } from "@/live/outbox";
import { toastError } from "@/ui/toast";
import { Remedies } from "./remedies";

/** The time of a group, and what to do about a message that did not arrive. */
export function MessageFoot({ message }: { message: HeldMessage }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const failed = message.local?.state === "failed" || message.status === "failed";

  async function again(seen = false) {
    setBusy(true);
    try {
      if (message.local) await sendAgain(client, message, seen);
      else holdMessage(client, await retryMessage(message.id));
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
    }
  }
  /** Back into the composer, below what was said meanwhile. */
  function review() {
    discard(client, message);
    useDrafts.getState().write(draftKey(message.conversation_id, message.direction === "internal" ? "note" : "reply"), message.text);
    useComposerMode.getState().set(message.conversation_id, { note: message.direction === "internal" });
  }
  const meanwhile = message.local?.state === "failed" ? message.local.meanwhile : undefined;
  const why = message.local?.problem ?? whyNot(message.error);
  return (
    <div className={classes("mt-0.5 max-w-[72ch] px-1 text-xs text-muted", message.direction === "outbound" && "text-right")}>
      <time dateTime={message.sent_at} title={exact(message.sent_at)}>
        {clock(message.sent_at)}
      </time>
      {message.edited_at && !message.deleted_at ? " · edited" : null}
      {message.past ? " · from before the connection" : null}
      {message.late ? " · arrived late" : null}
      {meanwhile ? (
        <span role="alert" className="text-warning">
          {" · Not sent: "}
          {meanwhile.name ?? "somebody"} answered{meanwhile.at ? ` ${since(meanwhile.at)}` : " meanwhile"}.{" "}
          <button type="button" disabled={busy} onClick={review} className="font-medium underline underline-offset-2">
            Review
          </button>{" "}
          <button type="button" disabled={busy} onClick={() => void again(true)} className="font-medium underline underline-offset-2">
            Send anyway
          </button>
        </span>
      ) : failed ? (
        <span className="text-negative-text">
          {" · "}
          {why || "Not delivered."}
          <Remedies message={message} remedies={message.local ? ["again"] : stepOf(message.error).remedies} busy={busy} onAgain={() => void again()} />
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

function since(at: string): string {
  return `${span(Date.now() - new Date(at).getTime())} ago`;
}
