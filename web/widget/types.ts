/** The hub's words for visitors; docs/channels/webchat.md describes them. */
export interface Settings {
  title: string;
  colour: string;
  side: "left" | "right";
  theme: "light" | "dark" | "auto";
  greeting: string;
  greeting_after: number | null;
  pre_chat: { name: "name" | "email" | "phone"; required: boolean }[];
  business_hours: { time_zone: string; open: { day: number; from: number; until: number }[] } | null;
  away_message: string;
  languages: string[];
  identity_required: boolean;
}

export interface Attachment {
  id: string;
  kind: string;
  file_name: string | null;
  size: number | null;
  width: number | null;
  height: number | null;
  state: "pending" | "stored" | "failed";
  url: string | null;
  thumbnail_url: string | null;
}

/** Money that is asked for, as it stands. */
export interface Payment {
  payment_id: string;
  description: string;
  /** In the currency's smallest unit. */
  minor: number;
  currency: string;
  state: string;
  url: string | null;
  pix_code: string | null;
  expires_at: string | null;
  refunded_minor: number;
}

export interface Message {
  id: string;
  position: string;
  client_id: string | null;
  from: "visitor" | "agent";
  name: string | null;
  text: string;
  format: { start: number; length: number; style: string; url?: string }[];
  attachments: Attachment[];
  buttons: { id: string; title: string; url?: string }[];
  location: { latitude: number; longitude: number; name: string | null } | null;
  payment?: Payment | null;
  reply_to: { id: string | null; text: string | null } | null;
  sent_at: string;
  edited: boolean;
  deleted: boolean;
}

export interface Conversation {
  id: string;
  status: "open" | "closed";
  read_up_to: string;
}

export interface Identity {
  user_id?: string;
  user_hash?: string;
  name?: string;
  email?: string;
  phone?: string;
}

export interface Session {
  token: string;
  settings: Settings;
  conversations: Conversation[];
}

/** A message on its way to the hub. */
export interface Outgoing {
  client_id: string;
  text: string;
  uploads: string[];
  files: string[];
  choice?: { id: string; title: string };
  reply_to?: string;
  form?: Record<string, string>;
  failed?: boolean;
}

/** Conversation first, then number. */
export function compare(one: string, other: string): number {
  const [a = "", x = "0"] = one.split(".");
  const [b = "", y = "0"] = other.split(".");
  return a === b ? Number(x) - Number(y) : a < b ? -1 : 1;
}
