import { useState } from "react";
import { Mic, MicOff, Pause, PhoneForwarded, PhoneOff, Play } from "lucide-react";

import { changeCall, transferCall } from "@/api/calls";
import type { CallPart, LiveCall, Phone } from "@/api/types";
import { playTime } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { callOf } from "@/live/calls";
import { Button } from "@/ui/button";
import { Popover } from "@/ui/popover";
import { toast, toastError } from "@/ui/toast";
import { CallFrame } from "./call-frame";
import { PutThrough } from "./put-through";
import { expectCall, mute, useSound } from "./sound";

interface CurrentCallProps {
  call: LiveCall;
  phone: Phone | undefined;
  me: string;
}

/** The member's own call, with everything that can be done to it. */
export function CurrentCall({ call, phone, me }: CurrentCallProps) {
  const { message } = call;
  const part = callOf(message);
  const [busy, setBusy] = useState<"hold" | "through" | "end">();
  const [choosing, setChoosing] = useState(false);
  const { talk, muted } = useSound();
  if (!part) return null;
  const held = part.state === "on_hold";
  const talking = held || part.state === "in_progress";

  function run(what: typeof busy, work: Promise<unknown>, said?: string) {
    setBusy(what);
    work
      .then(() => said && toast(said))
      .catch(toastError)
      .finally(() => setBusy(undefined));
  }
  function hold() {
    if (!held) return run("hold", changeCall(message.id, "hold"));
    // Back to this browser; without one to everybody who rings for callers.
    expectCall(message.external_id);
    run("hold", phone?.browser ? transferCall(message.id, me) : changeCall(message.id, "resume"));
  }
  function putThrough(to: string, name: string) {
    setChoosing(false);
    run("through", transferCall(message.id, to), `Ringing ${name}.`);
  }
  return (
    <CallFrame label="Call in progress" call={call} phone={phone} state={<State part={part} />}>
      <Button small disabled={!talk} aria-pressed={muted} title={talk ? undefined : "There is no sound in this browser to mute."} onClick={() => mute(!muted)}>
        {muted ? <MicOff /> : <Mic />} {muted ? "Unmute" : "Mute"}
      </Button>
      <Button small disabled={!talking} busy={busy === "hold"} onClick={hold}>
        {held ? <Play /> : <Pause />} {held ? "Resume" : "Hold"}
      </Button>
      <Popover
        label="Put the call through"
        open={choosing}
        onOpenChange={setChoosing}
        side="top"
        align="start"
        trigger={
          <Button small disabled={!talking} busy={busy === "through"}>
            <PhoneForwarded /> Transfer
          </Button>
        }
      >
        <PutThrough me={me} browsers={phone?.browser ?? false} onChoose={putThrough} />
      </Popover>
      <Button small look="danger" busy={busy === "end"} onClick={() => run("end", changeCall(message.id, "hangup"))}>
        <PhoneOff /> Hang up
      </Button>
    </CallFrame>
  );
}

function State({ part }: { part: CallPart }) {
  const now = useNow(1000);
  const since = (at: string) => playTime((now - new Date(at).getTime()) / 1000);
  if (part.state === "on_hold") return <>On hold for <time className="tabular-nums">{since(part.at)}</time></>;
  if (part.state === "in_progress") return <>On the line, <time className="tabular-nums">{since(part.answered_at ?? part.at)}</time></>;
  if (part.direction === "inbound") return <>Connecting you</>;
  return part.state === "queued" ? <>Your line rings first</> : <>Ringing the customer</>;
}
