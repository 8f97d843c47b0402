import { Camera, Code, Hash, type LucideIcon, Mail, MessageCircle, MessageSquare, MessagesSquare, Phone, PhoneCall, Send, Zap } from "lucide-react";

import { classes } from "@/lib/classes";
import { pick } from "@/lib/text";

/** The only place that knows channels by name: a colour and a picture. Any other channel is drawn from its name. */
const glyphs: Record<string, { icon: LucideIcon; colour: string }> = {
  whatsapp: { icon: Phone, colour: "#128c4b" },
  telegram: { icon: Send, colour: "#1d82c0" },
  discord: { icon: MessagesSquare, colour: "#5865f2" },
  slack: { icon: Hash, colour: "#611f69" },
  sms: { icon: MessageSquare, colour: "#b4232f" },
  voice: { icon: PhoneCall, colour: "#8f1d4f" },
  webchat: { icon: MessageCircle, colour: "#2563eb" },
  email: { icon: Mail, colour: "#9a5b13" },
  messenger: { icon: Zap, colour: "#0a6cff" },
  instagram: { icon: Camera, colour: "#c13584" },
  api: { icon: Code, colour: "#475569" },
};

const otherColours = ["#0f766e", "#7c3aed", "#b45309", "#be185d", "#4d7c0f", "#334155"];

export function ChannelGlyph({ channel, ring }: { channel: string; ring?: boolean }) {
  const known = glyphs[channel];
  const Icon = known?.icon;
  return (
    <span
      aria-hidden="true"
      className={classes("inline-flex size-4 shrink-0 items-center justify-center rounded-full text-[10px] leading-none font-semibold text-white", ring && "ring-2 ring-surface")}
      style={{ background: known?.colour ?? otherColours[pick(channel, otherColours.length)] }}
    >
      {Icon ? <Icon className="size-2.5!" strokeWidth={2.5} /> : ([...channel].find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? "?").toUpperCase()}
    </span>
  );
}
