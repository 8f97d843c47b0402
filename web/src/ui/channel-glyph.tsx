import { Hash, type LucideIcon, Mail, MessageCircle, MessageSquare, MessagesSquare, Phone, PhoneCall, Send, Zap } from "lucide-react";

import { classes } from "@/lib/classes";

/** The only place that knows channels by name: a colour and a picture. Any other channel gets the fallback. */
const glyphs: Record<string, { icon: LucideIcon; colour: string }> = {
  whatsapp: { icon: Phone, colour: "#128c4b" },
  telegram: { icon: Send, colour: "#1d82c0" },
  discord: { icon: MessagesSquare, colour: "#5865f2" },
  slack: { icon: Hash, colour: "#611f69" },
  sms: { icon: MessageSquare, colour: "#b4232f" },
  voice: { icon: PhoneCall, colour: "#b4232f" },
  webchat: { icon: MessageCircle, colour: "#2563eb" },
  email: { icon: Mail, colour: "#9a5b13" },
  messenger: { icon: Zap, colour: "#0a6cff" },
};

const fallback = { icon: MessageCircle, colour: "#475569" };

export function ChannelGlyph({ channel, ring }: { channel: string; ring?: boolean }) {
  const { icon: Icon, colour } = glyphs[channel] ?? fallback;
  return (
    <span
      aria-hidden="true"
      className={classes("inline-flex size-4 shrink-0 items-center justify-center rounded-full text-white", ring && "ring-2 ring-surface")}
      style={{ background: colour }}
    >
      <Icon className="size-2.5!" strokeWidth={2.5} />
    </span>
  );
}
