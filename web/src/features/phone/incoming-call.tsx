import { useEffect, useState } from "react";
import { Phone as PhoneIcon, PhoneOff, Smartphone } from "lucide-react";

import { answerCall } from "@/api/calls";
import type { LiveCall, Phone } from "@/api/types";
import { useOwnNumber } from "@/lib/facts/own-number";
import { announce } from "@/ui/announce";
import { Button } from "@/ui/button";
import { Popover } from "@/ui/popover";
import { toastError } from "@/ui/toast";
import { CallFrame } from "./call-frame";
import { NumberForm } from "./number-form";
import { accept, expectCall } from "./sound";

interface IncomingCallProps {
  call: LiveCall;
  phone: Phone | undefined;
  onDecline: () => void;
}

/** A customer calls, or a colleague puts one through. The first to take it has it. */
export function IncomingCall({ call, phone, onDecline }: IncomingCallProps) {
  const { message, conversation } = call;
  const [busy, setBusy] = useState<"browser" | "telephone">();
  const [asking, setAsking] = useState(false);
  const { number, choose } = useOwnNumber();
  const name = conversation.contact.name || "Somebody";
  useEffect(() => announce(`${name} is calling.`), [name]);

  function take(where: "browser" | "telephone", to: string) {
    setBusy(where);
    answerCall(message.id, to)
      .catch(toastError)
      .finally(() => setBusy(undefined));
  }
  function here() {
    if (accept(message.external_id)) return take("browser", "here");
    expectCall(message.external_id);
    take("browser", "browser");
  }
  return (
    <CallFrame label="Incoming call" call={call} phone={phone} rings state="Incoming call">
      {phone?.browser ? (
        <Button look="positive" busy={busy === "browser"} onClick={here} className="flex-1">
          <PhoneIcon /> Accept
        </Button>
      ) : null}
      <Popover
        label="Take it on your telephone"
        open={asking}
        onOpenChange={setAsking}
        side="top"
        align="start"
        trigger={
          <Button busy={busy === "telephone"}>
            <Smartphone /> My telephone
          </Button>
        }
      >
        <div className="w-72 p-1">
          <p className="mb-2 text-sm text-muted">Your telephone rings, and asks for a key before it puts you through.</p>
          <NumberForm
            label="Your telephone number"
            act="Ring me"
            start={number}
            onSubmit={(chosen) => {
              choose(chosen);
              setAsking(false);
              take("telephone", chosen);
            }}
          />
        </div>
      </Popover>
      <Button look="danger" onClick={onDecline} title="Stops ringing here. It goes on ringing for your colleagues.">
        <PhoneOff /> Decline
      </Button>
    </CallFrame>
  );
}
