/** The structured pieces of a message. */

import type { Button } from "./channel-types";

export type Part =
  | { type: "location"; latitude: number; longitude: number; name: string | null; address: string | null; live: boolean }
  | { type: "contact"; name: string; phones: string[]; emails: string[]; organization: string | null }
  | { type: "choice"; id: string; title: string; description: string | null; data?: unknown }
  | { type: "buttons"; buttons: Button[]; list: boolean; header?: string | null; footer?: string | null }
  | { type: "change"; field: string; from: unknown; to: unknown; until?: string }
  | { type: "template"; name: string; language: string; header: string | null; footer: string | null }
  | { type: "order"; catalog_id: string | null; items: { id: string; quantity: number; price: string; currency: string }[] }
  | { type: "poll"; question: string; options: string[] }
  | { type: "format"; ranges: FormatRange[] }
  | { type: "html"; html: string }
  | ({ type: "email" } & LetterPart)
  | ({ type: "invite" } & InvitePart)
  | ({ type: "call" } & CallPart)
  | { type: "unsupported"; what: string; detail: string | null };

export interface Mailbox {
  name?: string | null;
  address: string;
}

export interface LetterPart {
  from?: Mailbox | null;
  to?: Mailbox[];
  cc?: Mailbox[];
  bcc?: Mailbox[];
  reply_to?: Mailbox[];
  subject?: string | null;
  /** Earlier letters repeated below the new text. */
  quoted?: string | null;
  /** Why the sender may be somebody else. */
  warning?: string | null;
  automatic?: boolean;
}

export interface InvitePart {
  uid: string;
  method: string;
  title: string;
  starts_at: string;
  ends_at?: string | null;
  all_day?: boolean;
  location?: string | null;
  organizer?: Mailbox | null;
}

export interface CallPart {
  direction: "inbound" | "outbound";
  state: "queued" | "ringing" | "in_progress" | "on_hold" | "completed" | "no_answer" | "busy" | "failed" | "cancelled" | "voicemail";
  at: string;
  answered_at?: string | null;
  ended_at?: string | null;
  duration_seconds?: number | null;
  /** A member's id, or a name or number. */
  answered_by?: string | null;
  transcript?: string | null;
  reason?: string | null;
}

export interface FormatRange {
  start: number;
  length: number;
  style: string;
  url?: string | null;
}
