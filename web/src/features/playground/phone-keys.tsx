import { Phone, PhoneOff, Voicemail } from "lucide-react";

import { Button } from "@/ui/button";
import type { Act, ChatMessage } from "./types";

const over = ["completed", "busy", "no-answer", "canceled", "failed"];

/** A telephone's keys: what can be done depends on the call that goes on. */
export function PhoneKeys({ calls, onAct }: { calls: ChatMessage[]; onAct: (act: Act) => void }) {
  const call = calls.findLast((one) => !over.includes(one.status));
  const rings = call?.status === "ringing" && !call.from_customer;
  return (
    <div role="group" aria-label="Telephone" className="flex flex-wrap justify-center gap-2 border-t px-3 pt-3 pb-5">
      {call ? null : (
        <Button look="primary" onClick={() => onAct({ type: "phone", act: "call" })}>
          <Phone /> Call
        </Button>
      )}
      {rings ? (
        <Button look="primary" onClick={() => onAct({ type: "phone", act: "answer" })}>
          <Phone /> Take the call
        </Button>
      ) : null}
      {call?.from_customer ? (
        <Button onClick={() => onAct({ type: "phone", act: "speak", seconds: 7 })}>
          <Voicemail /> Speak after the tone
        </Button>
      ) : null}
      {call ? (
        <Button look="danger" onClick={() => onAct({ type: "phone", act: "hang_up" })}>
          <PhoneOff /> Hang up
        </Button>
      ) : null}
    </div>
  );
}
