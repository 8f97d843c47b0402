import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Phone as PhoneIcon } from "lucide-react";

import { callContact, leg, phones, startCall } from "@/api/calls";
import type { Conversation, Message, Phone } from "@/api/types";
import { useOwnNumber } from "@/lib/facts/own-number";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { toast, toastError } from "@/ui/toast";

/** Calls the customer: on the conversation's own number where it has one, else on any of the organization's. */
export function CallButton({ conversation }: { conversation: Conversation }) {
  const all = useQuery(phones()).data ?? [];
  const own = all.filter((one) => one.integration_id === conversation.integration_id);
  const choices = own.length ? own : conversation.contact.phone ? all : [];
  const number = useOwnNumber((state) => state.number);
  const [busy, setBusy] = useState(false);
  const [first] = choices;
  if (!first) return null;

  function run(phone: Phone) {
    const call: Promise<Message> = own.length ? startCall(conversation.id, crypto.randomUUID(), leg(phone, number)) : callContact(conversation.contact.id, phone, number);
    setBusy(true);
    call
      .then(() => toast("Your line rings first, then the customer's."))
      .catch(toastError)
      .finally(() => setBusy(false));
  }
  const button = (act?: () => void) => (
    <IconButton label="Call" disabled={busy} onClick={act}>
      <PhoneIcon />
    </IconButton>
  );
  if (choices.length === 1) return button(() => run(first));
  return (
    <Menu trigger={button()}>
      <MenuLabel>Call from</MenuLabel>
      {choices.map((phone) => (
        <MenuItem key={phone.integration_id} icon={<PhoneIcon />} onSelect={() => run(phone)}>
          {phone.name}
        </MenuItem>
      ))}
    </Menu>
  );
}
