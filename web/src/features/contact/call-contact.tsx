import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Phone as PhoneIcon } from "lucide-react";

import { callContact, phones } from "@/api/calls";
import type { Phone } from "@/api/types";
import { useOwnNumber } from "@/lib/facts/own-number";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { toast, toastError } from "@/ui/toast";

interface CallContactProps {
  contactId: string;
  /** Said where several could be called. */
  name?: string;
  /** The account to call from, where it takes calls. */
  integrationId?: string;
}

/** Calls a contact from wherever their number stands. */
export function CallContact({ contactId, name, integrationId }: CallContactProps) {
  const every = useQuery(phones()).data ?? [];
  const own = every.filter((one) => one.integration_id === integrationId);
  const all = own.length ? own : every;
  const number = useOwnNumber((state) => state.number);
  const [busy, setBusy] = useState(false);
  const [first] = all;
  if (!first) return null;

  function run(phone: Phone) {
    setBusy(true);
    callContact(contactId, phone, number)
      .then(() => toast("Your line rings first, then the customer's."))
      .catch(toastError)
      .finally(() => setBusy(false));
  }
  const button = (act?: () => void) => (
    <IconButton small label={name ? `Call ${name}` : "Call this number"} disabled={busy} onClick={act}>
      <PhoneIcon />
    </IconButton>
  );
  if (all.length === 1) return button(() => run(first));
  return (
    <Menu trigger={button()}>
      <MenuLabel>Call from</MenuLabel>
      {all.map((phone) => (
        <MenuItem key={phone.integration_id} icon={<PhoneIcon />} onSelect={() => run(phone)}>
          {phone.name}
        </MenuItem>
      ))}
    </Menu>
  );
}
