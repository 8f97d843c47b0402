import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Phone } from "lucide-react";

import { startCall } from "@/api/calls";
import { channels } from "@/api/integrations";
import type { Conversation } from "@/api/types";
import { IconButton } from "@/ui/button";
import { toast, toastError } from "@/ui/toast";

/** Calls the customer, on channels that can. The call shows up in the thread. */
export function CallButton({ conversation }: { conversation: Conversation }) {
  const known = useQuery(channels());
  const [busy, setBusy] = useState(false);
  if (!known.data?.find((one) => one.id === conversation.channel)?.abilities.calls) return null;

  function call() {
    setBusy(true);
    startCall(conversation.id, crypto.randomUUID())
      .then(() => toast("Your line rings first, then the customer's."))
      .catch(toastError)
      .finally(() => setBusy(false));
  }
  return (
    <IconButton label="Call" disabled={busy} onClick={call}>
      <Phone />
    </IconButton>
  );
}
