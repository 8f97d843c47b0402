import type { Deal } from "@/api/deals";
import type { Payment } from "@/api/payment-types";
import type { Task } from "@/api/tasks";
import type { Conversation, Message, MessageStatus, Refusal } from "@/api/types";

/** A frame in either direction. Stored events carry an `id`; every `cursor` is safe to resume from. */
export interface Frame {
  type: string;
  id?: string | number;
  cursor?: string;
  data?: unknown;
}

export interface MessageData {
  message: Message;
  conversation?: Conversation;
}

export interface StatusData {
  message_id: string;
  conversation_id: string;
  status: MessageStatus;
  status_history: { status: MessageStatus; at: string }[];
  error: Refusal | null;
  external_id: string | null;
}

export interface ConversationData {
  conversation: Conversation;
  /** Its messages have other numbers than before: another conversation or its past came in. */
  renumbered?: boolean;
}

export interface TypingData {
  conversation_id: string;
  user_id: string;
  name: string;
  typing: boolean;
}

export interface PresenceData {
  conversation_id?: string;
  /** Who looks at the conversation now, in this order. */
  viewers?: { user_id: string; name: string }[];
}

export interface SettingsData {
  /** `members`, `labels`, `teams`, `organization`, `integrations`… */
  what?: string;
}

export interface TaskData {
  task: Task;
}

export interface DealData {
  deal: Deal;
}

export interface PaymentData {
  payment: Payment;
}

export interface NotificationData {
  kind: string;
  conversation?: Conversation;
  changed_by?: { id: string; name: string };
  /** A sentence of the server's own, for what concerns no conversation: `account_silent`, `account_broken`. */
  text?: string;
  integration?: { id: string; name: string };
  /** What is due, or was given to the member. */
  task?: Task;
  /** Of whoever asked for it: `payment_paid`, `payment_failed`, `payment_disputed`. */
  payment?: Payment;
}

/** Reads a text frame; anything that is none is dropped. */
export function readFrame(text: unknown): Frame | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string") return undefined;
    return value as Frame;
  } catch {
    return undefined;
  }
}
