import { useState } from "react";
import { Pause, Phone, PhoneIncoming, PhoneMissed, PhoneOff, PhoneOutgoing, Play, Voicemail } from "lucide-react";

import { type CallAct, changeCall } from "@/api/calls";
import { useMay } from "@/api/may";
import type { CallPart, Message } from "@/api/types";
import { span } from "@/lib/time";
import { Button } from "@/ui/button";
import { toastError } from "@/ui/toast";

const said: Record<CallPart["state"], string> = {
  queued: "Waiting in the queue",
  ringing: "Ringing",
  in_progress: "On the line",
  on_hold: "On hold",
  completed: "Ended",
  no_answer: "Not answered",
  busy: "Busy",
  failed: "The call failed",
  cancelled: "Hung up before it was answered",
  voicemail: "Left a message",
};

const live = new Set<CallPart["state"]>(["queued", "ringing", "in_progress", "on_hold"]);
const missed = new Set<CallPart["state"]>(["no_answer", "busy", "cancelled", "failed"]);

/** A call: its state while it lasts, and afterwards how it went. The recording is among the message's files. */
export function CallCard({ call, message }: { call: CallPart; message: Pick<Message, "id"> }) {
  const inbound = call.direction === "inbound";
  const lost = missed.has(call.state);
  return (
    <div className="my-1 flex min-w-60 flex-col gap-2 rounded-md border border-line-strong/60 bg-surface/70 p-2.5">
      <div className="flex items-start gap-2.5">
        <span className={lost && inbound ? "mt-0.5 text-negative-text" : "mt-0.5 text-muted"}>{glyph(call)}</span>
        <div className="min-w-0 flex-1" aria-live="polite">
          <p className="font-medium">{lost && inbound ? "Missed call" : inbound ? "Call from the customer" : "Call to the customer"}</p>
          <p className="text-sm text-muted">
            {said[call.state]}
            {call.duration_seconds ? ` · ${span(call.duration_seconds * 1000)}` : ""}
            {call.reason ? ` · ${call.reason}` : ""}
          </p>
        </div>
      </div>
      {live.has(call.state) ? <Acts id={message.id} held={call.state === "on_hold"} talking={call.state === "in_progress" || call.state === "on_hold"} /> : null}
      {call.transcript ? (
        <details className="text-sm">
          <summary className="w-fit rounded text-muted hover:text-text">Transcript</summary>
          <p dir="auto" className="mt-1 whitespace-pre-wrap">{call.transcript}</p>
        </details>
      ) : null}
    </div>
  );
}

function glyph(call: CallPart) {
  const size = { className: "size-4", "aria-hidden": true } as const;
  if (call.state === "voicemail") return <Voicemail {...size} />;
  if (missed.has(call.state)) return call.direction === "inbound" ? <PhoneMissed {...size} /> : <PhoneOff {...size} />;
  if (live.has(call.state)) return <Phone {...size} />;
  return call.direction === "inbound" ? <PhoneIncoming {...size} /> : <PhoneOutgoing {...size} />;
}

/** What can be done while the call lasts. */
function Acts({ id, held, talking }: { id: string; held: boolean; talking: boolean }) {
  const writes = useMay("writeConversations");
  const [busy, setBusy] = useState<CallAct>();
  if (!writes) return null;
  const act = (what: CallAct) => {
    setBusy(what);
    changeCall(id, what)
      .catch(toastError)
      .finally(() => setBusy(undefined));
  };
  return (
    <div className="flex gap-2">
      {talking ? (
        <Button small busy={busy === "hold" || busy === "resume"} onClick={() => act(held ? "resume" : "hold")}>
          {held ? <Play /> : <Pause />} {held ? "Resume" : "Hold"}
        </Button>
      ) : null}
      <Button small look="danger" busy={busy === "hangup"} onClick={() => act("hangup")}>
        <PhoneOff /> Hang up
      </Button>
    </div>
  );
}
