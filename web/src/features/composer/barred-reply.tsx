import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { BellOff, Phone as PhoneIcon, StickyNote } from "lucide-react";

import { leg, phones, startCall } from "@/api/calls";
import type { Contact, Conversation } from "@/api/types";
import { useOwnNumber } from "@/lib/facts/own-number";
import { dateAndTime } from "@/lib/time";
import { Button } from "@/ui/button";
import { toast, toastError } from "@/ui/toast";
import { type Bar, optedOut } from "./barred";

interface BarredReplyProps {
  bar: Exclude<Bar, "window">;
  conversation: Conversation;
  contact: Contact | undefined;
  channelName: string;
  onNote: () => void;
}

/** In place of the text field while nothing can be written to the customer: why, and what can be done instead. */
export function BarredReply({ bar, conversation, contact, channelName, onNote }: BarredReplyProps) {
  const name = conversation.contact.name || "The customer";
  const since = contact && optedOut(contact, conversation.channel);
  return (
    <div className="flex flex-wrap items-center gap-3 px-3 py-3">
      <p className="min-w-60 flex-1">
        {bar === "opted_out" ? (
          <>
            <BellOff className="mr-1.5 inline size-4 align-text-bottom text-warning" aria-hidden="true" />
            {name} wants no more messages on {channelName}{since ? `, since ${dateAndTime(since)}` : ""}. You can write again once they have sent START.
          </>
        ) : null}
        {bar === "blocked" ? `${name} is blocked. Unblock them in the contact panel to write.` : null}
        {bar === "unreachable" ? `${name} has blocked you and cannot be written to on ${channelName}.` : null}
        {bar === "no_texts" ? `${channelName} carries calls, not texts.` : null}
      </p>
      {bar === "no_texts" ? <Call conversation={conversation} /> : null}
      <Button onClick={onNote}>
        <StickyNote /> Write a note
      </Button>
    </div>
  );
}

function Call({ conversation }: { conversation: Conversation }) {
  const phone = useQuery(phones()).data?.find((one) => one.integration_id === conversation.integration_id);
  const number = useOwnNumber((state) => state.number);
  const [busy, setBusy] = useState(false);
  function call() {
    setBusy(true);
    startCall(conversation.id, crypto.randomUUID(), phone && leg(phone, number))
      .then(() => toast("Your line rings first, then the customer's."))
      .catch(toastError)
      .finally(() => setBusy(false));
  }
  return (
    <Button look="primary" busy={busy} onClick={call}>
      <PhoneIcon /> Call {conversation.contact.name.split(" ")[0] ?? ""}
    </Button>
  );
}
