import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Pause, Phone, PhoneIncoming, PhoneMissed, PhoneOff, PhoneOutgoing, Play, Voicemail } from "lucide-react";

import { type CallAct, changeCall, leg, phones, startCall } from "@/api/calls";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import type { CallPart, Message } from "@/api/types";
import { useOwnNumber } from "@/lib/facts/own-number";
import { span } from "@/lib/time";
import { Button } from "@/ui/button";
import { toast, toastError } from "@/ui/toast";

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
export function CallCard({ call, message }: { call: CallPart; message: Pick<Message, "id" | "conversation_id"> }) {
  const inbound = call.direction === "inbound";
  const lost = missed.has(call.state);
  const by = useAnswerer(call);
  return (
    <div className="my-1 flex min-w-60 flex-col gap-2 rounded-md border border-line-strong/60 bg-surface/70 p-2.5">
      <div className="flex items-start gap-2.5">
        <span className={lost && inbound ? "mt-0.5 text-negative-text" : "mt-0.5 text-muted"}>{glyph(call)}</span>
        <div className="min-w-0 flex-1" aria-live="polite">
          <p className="font-medium">{lost && inbound ? "Missed call" : inbound ? "Call from the customer" : "Call to the customer"}</p>
          <p className="text-sm text-muted">
            {said[call.state]}
            {call.duration_seconds ? ` · ${span(call.duration_seconds * 1000)}` : ""}
            {by ? ` · taken by ${by}` : ""}
            {call.reason ? ` · ${call.reason}` : ""}
          </p>
        </div>
      </div>
      {live.has(call.state) ? <Acts id={message.id} held={call.state === "on_hold"} talking={call.state === "in_progress" || call.state === "on_hold"} /> : null}
      {inbound && (lost || call.state === "voicemail") ? <CallBack conversationId={message.conversation_id} /> : null}
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

/** Who took the call: a member by name, anything else as the platform told it. */
function useAnswerer({ direction, answered_by: by }: CallPart): string | undefined {
  const people = useQuery({ ...members(), enabled: Boolean(by) }).data;
  if (!by || direction === "outbound") return undefined;
  return people?.find((one) => one.id === by)?.name ?? (/^[0-9a-f-]{36}$/.test(by) ? undefined : by);
}

/** What a missed call asks for. */
function CallBack({ conversationId }: { conversationId: string }) {
  const [phone] = useQuery(phones()).data ?? [];
  const number = useOwnNumber((state) => state.number);
  const [busy, setBusy] = useState(false);
  if (!useMay("writeConversations") || !phone) return null;
  function call() {
    setBusy(true);
    startCall(conversationId, crypto.randomUUID(), phone && leg(phone, number))
      .then(() => toast("Your line rings first, then the customer's."))
      .catch(toastError)
      .finally(() => setBusy(false));
  }
  return (
    <Button small className="self-start" busy={busy} onClick={call}>
      <Phone /> Call back
    </Button>
  );
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
