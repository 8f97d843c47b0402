/** The product's nouns as the server writes them. */
import type { Button, MediaKind, Refusal, TemplateRequest } from "./channel-types";
import type { Mailbox, Part } from "./part-types";

export type * from "./call-types";
export type * from "./channel-types";
export type * from "./part-types";

export type Role = "owner" | "admin" | "manager" | "agent" | "viewer";
export type ConversationStatus = "open" | "pending" | "snoozed" | "closed";
export type Priority = "none" | "low" | "medium" | "high" | "urgent";
export type Direction = "inbound" | "outbound" | "internal";
export type MessageStatus = "queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "unknown";

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

export interface User {
  id: string;
  name: string;
  email: string;
}

export interface Organization {
  id: string;
  name: string;
  agents_see_all: boolean;
  single_thread: boolean;
  send_read_receipts: boolean;
  send_typing: boolean;
  version: number;
}

export interface SignedIn {
  access_token: string;
  expires_in: number;
  user: User;
  organization: { id: string; name: string };
  role: Role;
}

/** Whether a member takes new conversations now, as they said themselves. */
export type Availability = "available" | "away";

export interface Member {
  id: string;
  name: string;
  email: string;
  role: Role;
  availability: Availability;
  teams?: { id: string; name: string }[];
  /** Set when the member may no longer log in. */
  deactivated_at?: string | null;
  /** An invitation that nobody has taken yet. */
  invited?: boolean;
}

export interface Team {
  id: string;
  name: string;
  description: string;
  members: { id: string; name: string }[];
  version: number;
}

export interface Label {
  id: string;
  name: string;
  color: string;
  version?: number;
}

export interface Identity {
  channel: string;
  kind?: string;
  external_id: string;
  /** Since when the customer wants no messages there. */
  opted_out_at?: string | null;
  /** What people make of it; null where it is a platform's inner number. */
  said?: string | null;
}

export interface Contact {
  id: string;
  name: string;
  phone: string | null;
  email: string | null;
  username?: string | null;
  language?: string | null;
  identities: Identity[];
  attributes: Record<string, unknown>;
  tags?: string[];
  /** The company that they belong to. */
  account?: { id: string; name: string } | null;
  blocked: boolean;
  /** False once the customer has blocked us. */
  reachable?: boolean;
  version: number;
  created_at: string;
}

export interface Attachment {
  id: string;
  kind: MediaKind;
  file_name: string | null;
  mime: string | null;
  size: number | null;
  width?: number | null;
  height?: number | null;
  duration_seconds?: number | null;
  state: "pending" | "stored" | "failed";
  error?: string | null;
  /** Whether there is a small picture of it. */
  thumbnail: boolean;
  /** The bytes while this browser still holds them: an upload on its way. */
  local_url?: string;
}

export interface Reaction {
  emoji: string;
  by: "contact" | "member" | "business";
  id?: string | null;
  name?: string | null;
}

export interface Quote {
  id: string | null;
  external_id: string | null;
  text: string | null;
  sender_name: string | null;
}

export interface Message {
  id: string;
  seq: number;
  conversation_id: string;
  direction: Direction;
  kind: string;
  text: string;
  parts: Part[];
  attachments: Attachment[];
  reactions: Reaction[];
  reply_to: Quote | null;
  sender: { kind: "contact" | "member" | "system" | "business"; id: string | null; name: string | null };
  status: MessageStatus | null;
  status_history: { status: MessageStatus; at: string }[];
  error: Refusal | null;
  external_id: string | null;
  client_id: string | null;
  album: string | null;
  forwarded: boolean;
  late: boolean;
  /** From before the account was connected. */
  past: boolean;
  sent_at: string;
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
}

export interface Conversation {
  id: string;
  channel: string;
  integration_id: string;
  status: ConversationStatus;
  contact: ConversationContact;
  /** Of a letter; null where the channel has none. */
  subject?: string | null;
  assignee_id: string | null;
  team_id: string | null;
  /** Ids. */
  labels: string[];
  priority: Priority;
  snoozed_until: string | null;
  unread_count: number;
  last_seq: number;
  /** Everything up to this number was read by somebody. */
  read_seq: number;
  last_message: LastMessage | null;
  last_message_at: string;
  window_closes_at: string | null;
  version: number;
  created_at: string;
}

export interface ConversationContact {
  id: string;
  name: string;
  phone: string | null;
  email: string | null;
  username: string | null;
  blocked: boolean;
  /** False once the customer has blocked us. */
  reachable: boolean;
  is_group: boolean;
}

/** What a list row needs of a message. */
export interface LastMessage {
  id: string;
  seq: number;
  direction: Direction;
  kind: string;
  text: string;
  sender_name: string | null;
  status: MessageStatus | null;
}

export interface Count {
  conversations: number;
  unread: number;
}

export interface Counts {
  all: Count;
  mine: Count;
  unassigned: Count;
  /** Unread mentions of the member. */
  mentions: number;
  teams: Record<string, Count>;
  labels: Record<string, Count>;
  channels: Record<string, Count>;
  statuses: Record<string, Count>;
}

export interface SendRequest {
  client_id: string;
  text?: string;
  attachments?: string[];
  reply_to?: string;
  template?: TemplateRequest;
  buttons?: Button[];
  /** The buttons are rows of a list to pick from. */
  list?: boolean;
  header?: string;
  footer?: string;
  location?: { latitude: number; longitude: number; name?: string; address?: string };
  note?: boolean;
  mentions?: string[];
  last_seen_seq?: number;
  /** In spite of newer messages. */
  force?: boolean;
  /** Of a letter; without one the conversation's goes on. */
  subject?: string;
  cc?: Mailbox[];
  bcc?: Mailbox[];
}

/** A message that waits for its time. */
export interface ScheduledMessage {
  id: string;
  conversation_id: string;
  author_id: string;
  author_name: string;
  client_id: string;
  send_at: string;
  text: string;
  /** The template's name, where it is one. */
  template: string | null;
  files: number;
  /** Why it could not be sent at its time. */
  fault: string | null;
  created_at: string;
}

export interface Callback {
  id: string;
  channel: string;
  integration_id: string;
  received_at: string;
  verdict: string;
  outcome: string;
  error: string | null;
  events: Record<string, unknown>[];
  request: { method?: string; query?: unknown; headers?: unknown; body?: unknown };
}

export interface ConversationChange {
  status?: ConversationStatus;
  assignee_id?: string | null;
  team_id?: string | null;
  priority?: Priority;
  snoozed_until?: string | null;
  labels?: string[];
  version?: number;
}

export interface ConversationFilter {
  status?: string;
  channel?: string;
  assignee_id?: string;
  team_id?: string;
  label?: string;
  unread?: boolean;
  mentioned?: boolean;
  q?: string;
}

/** Attributes that are not named stay; null takes one away. */
export interface ContactChange {
  name?: string;
  phone?: string | null;
  email?: string | null;
  attributes?: Record<string, unknown>;
  tags?: string[];
  account_id?: string | null;
  version?: number;
}

/** What a colleague noted about a contact. */
export interface ContactNote {
  id: string;
  author_id: string;
  author_name: string | null;
  text: string;
  created_at: string;
}

/** What became of one row of a table of contacts, counted from 1. */
export interface ImportedRow {
  row: number;
  outcome: "created" | "updated" | "skipped";
  error: string | null;
}

/** A change of several conversations at once; labels are added to those that each has. */
export interface ConversationsChange extends Pick<ConversationChange, "status" | "assignee_id" | "team_id" | "priority" | "snoozed_until"> {
  add_labels?: string[];
  remove_labels?: string[];
}

export interface ConversationOutcome {
  id: string;
  status: number;
  conversation: Conversation | null;
  problem: { detail: string; code: string } | null;
}

export interface MyOrganization {
  id: string;
  name: string;
  role: Role;
}

/** What an invitation is for, told to whoever holds its token. */
export interface Invitation {
  email: string;
  organization_name: string;
  role: Role;
  has_account: boolean;
}

/** The answer to who invited: the token, once. */
export interface Invited {
  id: string;
  email: string;
  token: string;
}

export type Me = User;

export type OrganizationChange = Partial<Pick<Organization, "name" | "agents_see_all" | "single_thread" | "send_read_receipts" | "send_typing" | "version">>;
