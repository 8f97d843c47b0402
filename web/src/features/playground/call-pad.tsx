import { Mic, Phone as PhoneIcon, PhoneOff } from "lucide-react";

import { Button } from "@/ui/button";
import type { Act, ChatMessage } from "./types";

const going = new Set(["queued", "initiated", "ringing", "in-progress"]);

interface CallPadProps {
  /** Calls of this customer, oldest first; what they hear is each one's text. */
  calls: ChatMessage[];
  onAct: (act: Act) => void;
}

/** What a customer does with a telephone: calls, answers, hangs up, speaks after the tone. */
export function CallPad({ calls, onAct }: CallPadProps) {
  const call = calls.findLast((one) => going.has(one.status));
  const phone = (act: "call" | "answer" | "hang_up") => onAct({ type: "phone", act });
  const ringsHere = call && !call.from_customer && call.status !== "in-progress";
  const tone = call?.from_customer && call.text.endsWith("Beep.");
  return (
    <div className="flex flex-col gap-2 border-t p-3" aria-label="Telephone" role="group">
      <p className="text-center text-sm text-muted" role="status">
        {!call ? "No call" : ringsHere ? "The business is calling" : call.status === "in-progress" ? (tone ? "Speak after the tone" : "Connected") : "Ringing"}
      </p>
      <div className="flex justify-center gap-2">
        {!call ? (
          <Button look="positive" onClick={() => phone("call")}>
            <PhoneIcon /> Call the business
          </Button>
        ) : null}
        {ringsHere ? (
          <Button look="positive" onClick={() => phone("answer")}>
            <PhoneIcon /> Answer
          </Button>
        ) : null}
        {tone ? (
          <Button onClick={() => onAct({ type: "phone", act: "speak", seconds: 7 })}>
            <Mic /> Leave a message
          </Button>
        ) : null}
        {call ? (
          <Button look="danger" onClick={() => phone("hang_up")}>
            <PhoneOff /> {ringsHere ? "Decline" : "Hang up"}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
