import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleAlert, Clock, X } from "lucide-react";

import { cancelScheduled, laterKeys, postponeMessage, scheduledMessages } from "@/api/later";
import { useMay } from "@/api/may";
import type { ScheduledMessage } from "@/api/types";
import { capital } from "@/lib/text";
import { exact, moment } from "@/lib/time";
import { draftKey, useDrafts } from "@/lib/facts/drafts";
import { Button, IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { toast, toastError } from "@/ui/toast";

const TimeDialog = late(() => import("@/ui/time-dialog").then((module) => module.TimeDialog));

/** What will be sent in this conversation, below what was said. */
export function Waiting({ conversationId }: { conversationId: string }) {
  const waiting = useQuery(scheduledMessages(conversationId)).data ?? [];
  const [moving, setMoving] = useState<string>();
  const client = useQueryClient();
  const writes = useMay("writeConversations");
  if (waiting.length === 0) return null;

  function run(work: Promise<unknown>) {
    work.catch(toastError).finally(() => void client.invalidateQueries({ queryKey: laterKeys.of(conversationId) }));
  }
  function cancel(one: ScheduledMessage) {
    run(
      cancelScheduled(one.id).then(() => {
        const key = draftKey(conversationId, "reply");
        const back = () => useDrafts.getState().write(key, one.text);
        toast("The message will not be sent.", one.text && !useDrafts.getState().drafts[key] ? { act: { label: "Edit it", run: back } } : {});
      }),
    );
  }
  return (
    <section aria-label="Messages for later" className="max-h-40 overflow-y-auto border-t bg-canvas">
      <ul>
        {waiting.map((one) => (
          <li key={one.id} className="flex items-center gap-2.5 border-b border-line/70 px-4 py-1.5 last:border-b-0">
            {one.fault ? <CircleAlert className="size-4 shrink-0 text-negative-text" aria-hidden="true" /> : <Clock className="size-4 shrink-0 text-muted" aria-hidden="true" />}
            <div className="min-w-0 flex-1">
              <p dir="auto" className="truncate text-left">{one.text || one.template || "Files"}</p>
              <p className="truncate text-xs text-muted">
                {one.fault ? <span className="text-negative-text">Not sent: {one.fault} </span> : <time dateTime={one.send_at} title={exact(one.send_at)}>{capital(moment(one.send_at))}</time>}
                {" · "}
                {one.author_name}
                {one.files ? ` · ${one.files} ${one.files === 1 ? "file" : "files"}` : ""}
              </p>
            </div>
            {writes ? (
              <>
                <Button small look="quiet" onClick={() => setMoving(one.id)}>
                  Another time
                </Button>
                <IconButton small label="Do not send it" onClick={() => cancel(one)}>
                  <X />
                </IconButton>
              </>
            ) : null}
          </li>
        ))}
      </ul>
      {moving ? (
        <TimeDialog
          title="Another time"
          act="Send then"
          onClose={() => setMoving(undefined)}
          onChoose={(at) => {
            setMoving(undefined);
            run(postponeMessage(moving, at.toISOString()));
          }}
        />
      ) : null}
    </section>
  );
}
