import type { Segmentation } from "@/lib/segments";

/** What the server tells about channels and the accounts on them. */

export type MediaKind = "image" | "video" | "audio" | "voice" | "document" | "sticker";

export type Button = {
  id: string;
  title: string;
  description?: string | null;
  url?: string | null;
};

export interface Refusal {
  code: string;
  detail: string;
  next_step?: string | null;
}

export interface Abilities {
  text: { max: number; caption_max: number; unit: "characters" | "utf16"; markup: string };
  media: { kind: MediaKind; mime: string[]; max_bytes: number; caption: boolean }[];
  attachments_per_message: number;
  reply: boolean;
  reactions: "none" | "any" | { listed: string[] };
  edit_seconds: number | null;
  delete_seconds: number | null;
  buttons: { max: number; title_max: number; id_max: number; body_max: number; url: boolean } | null;
  list: { max_rows: number; title_max: number; description_max: number; body_max: number } | null;
  templates: boolean;
  location: boolean;
  contacts: boolean;
  read_receipts: boolean;
  typing: boolean;
  statuses: boolean;
  window_hours: number | null;
  calls?: boolean;
  subject?: boolean;
  cc?: boolean;
  /** Where texts are paid for by the segment: how they are counted. */
  segments?: Segmentation | null;
}


export interface FormField {
  name: string;
  label: string;
  kind: "text" | "url" | "number" | "lines";
  required: boolean;
  secret: boolean;
  help: string;
  /** The only values that it takes, where they are few. */
  choices?: string[];
  /** What it belongs to: neighbours of one section are shown together. */
  section?: string | null;
}

export interface Channel {
  id: string;
  name: string;
  abilities: Abilities;
  account_form: FormField[];
  /** What is filled in before consenting on the platform's page; null where accounts are connected by their form alone. */
  install_form?: FormField[] | null;
  /** The one address for all accounts of an app, where the platform has that. */
  shared_webhook_url?: string | null;
  /** Whether colleagues can follow conversations on it, and answer from there. */
  mirrors?: boolean;
}

export interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

export interface TestResult {
  checks: Check[];
  integration: Integration;
}

export interface Integration {
  id: string;
  channel: string;
  name: string;
  status: "active" | "paused" | "broken";
  webhook_url: string;
  account: Record<string, string>;
  fault?: Refusal | null;
  checks?: Check[] | null;
  checked_at?: string | null;
  templates_synced_at?: string | null;
  last_inbound_at?: string | null;
  last_outbound_at?: string | null;
  /** Minutes without a message after which admins are told; null never. */
  silent_after_minutes?: number | null;
  version: number;
  created_at: string;
}

/** One account, with what was refused in its name and what the platform told about it. */
export interface IntegrationDetail extends Integration {
  /** Where the channel listens instead of being called. */
  live?: LiveConnection | null;
  notices?: Notice[];
  /** Where colleagues follow conversations on it. */
  mirror?: Mirror | null;
}

export interface MirrorPlace {
  id: string;
  name: string;
}

export interface Mirror {
  place: MirrorPlace;
  /** Empty: of all. */
  channels: string[];
  team_ids: string[];
  created_at: string;
}

export interface LiveConnection {
  held: boolean;
  since: string;
  checks: Check[];
}

export interface Notice {
  topic: string;
  severity: "info" | "warning" | "critical";
  text: string;
  created_at: string;
}

export interface Template {
  external_id: string;
  name: string;
  language: string;
  category: string;
  status: string;
  header?: { format: string; text: string | null; parameters: string[] } | null;
  body: string;
  footer?: string | null;
  buttons: { kind: string; text: string; url: string | null; parameter: boolean }[];
  parameters: string[];
}

export type TemplateValue = { name: string; type: "text"; text: string } | { name: string; type: "image" | "video" | "document"; link: string };

export type TemplateRequest = {
  name: string;
  language: string;
  header?: TemplateValue[];
  body?: TemplateValue[];
  buttons?: { index: number; type: "url"; suffix: string }[];
};

