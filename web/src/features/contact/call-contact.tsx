import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Phone as PhoneIcon } from "lucide-react";

import { callContact, phones } from "@/api/calls";
import type { Phone } from "@/api/types";
import { useOwnNumber } from "@/lib/facts/own-number";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/ui/menu";
import { toast, toastError } from "@/ui/toast";

/** Calls a contact from wherever their number stands. */
export function CallContact({ contactId }: { contactId: string }) {
  const all = useQuery(phones()).data ?? [];
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
    <IconButton small label="Call this number" disabled={busy} onClick={act}>
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
