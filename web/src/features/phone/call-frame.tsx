import type { ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import { VolumeX } from "lucide-react";

import type { LiveCall, Phone } from "@/api/types";
import { classes } from "@/lib/classes";
import { Avatar } from "@/ui/avatar";
import { useSound } from "./sound";

interface CallFrameProps {
  label: string;
  call: LiveCall;
  phone: Phone | undefined;
  /** How it stands: one line below the name. */
  state: ReactNode;
  rings?: boolean;
  children: ReactNode;
}

/** The card of one call: with whom, on which number, how it stands, and what can be done. */
export function CallFrame({ label, call, phone, state, rings, children }: CallFrameProps) {
  const { contact } = call.conversation;
  return (
    <section aria-label={label} className={classes("pointer-events-auto animate-appear rounded-lg border bg-raised p-3 shadow-float", rings && "border-positive")}>
      <header className="flex items-center gap-3">
        <Avatar name={contact.name} seed={contact.id} />
        <div className="min-w-0 flex-1">
          <Link to="/inbox/$conversationId" params={{ conversationId: call.conversation.id }} dir="auto" className="block truncate text-left font-semibold hover:underline">
            {contact.name || contact.phone || "Withheld number"}
          </Link>
          <p className="truncate text-sm text-muted">
            {contact.phone && contact.phone !== contact.name ? `${contact.phone} · ` : ""}
            {phone?.name ?? ""}
          </p>
        </div>
      </header>
      <p className="mt-2 text-sm" aria-live="polite">
        {state}
      </p>
      <div className="mt-2.5 flex flex-wrap gap-1.5">{children}</div>
      <NoSound phone={phone} />
    </section>
  );
}

/** Why nothing is heard here, where that is so. */
function NoSound({ phone }: { phone: Phone | undefined }) {
  const fault = useSound((state) => state.fault);
  const why = phone?.browser && !phone.library ? "Sound runs over Twilio, not in the demo." : phone?.library ? fault : undefined;
  if (!why) return null;
  return (
    <p className="mt-2.5 flex items-start gap-1.5 text-xs text-muted">
      <VolumeX className="mt-px size-3.5 shrink-0" aria-hidden="true" /> {why}
    </p>
  );
}
