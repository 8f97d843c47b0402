import type { Money } from "@/lib/money";
import type { FormField } from "./channel-types";

/** Payments in the server's words, with their states named. */

export type PaymentMethod = "card" | "pix" | "boleto" | "other";

export type PaymentState =
  | "preparing"
  | "pending"
  | "processing"
  | "authorized"
  | "paid"
  | "partially_refunded"
  | "refunded"
  | "failed"
  | "expired"
  | "cancelled"
  | "charged_back";

export const paymentStates: PaymentState[] = ["preparing", "pending", "processing", "authorized", "paid", "partially_refunded", "refunded", "failed", "expired", "cancelled", "charged_back"];

export interface PaymentAbilities {
  methods: PaymentMethod[];
  /** Methods that are there for some currencies only. */
  bound: { method: PaymentMethod; currencies: string[] }[];
  shortest_minutes: number;
  longest_minutes: number;
  usual_minutes: number;
}

export interface PaymentProvider {
  id: string;
  name: string;
  abilities: PaymentAbilities;
  account_form: FormField[];
}

export interface PaymentAccount {
  id: string;
  provider: string;
  name: string;
  status: "connected" | "broken" | "paused";
  /** Whether real money moves. */
  live: boolean;
  /** The only currency that it takes, where there is only one. */
  currency: string | null;
  holder: string | null;
  webhook_url: string;
  account: Record<string, string>;
  problem: string | null;
  version: number;
  created_at: string;
}

export interface Dispute {
  id: string;
  state: "inquiry" | "needs_response" | "under_review" | "won" | "lost";
  amount: Money | null;
  reason: string | null;
  due: string | null;
}

export interface Payment {
  id: string;
  account_id: string;
  provider: string;
  conversation_id: string | null;
  message_id: string | null;
  deal_id: string | null;
  contact: { id: string; name: string } | null;
  amount: Money;
  description: string;
  methods: PaymentMethod[];
  state: PaymentState;
  /** Somebody has asked for it to be cancelled; the provider decides. */
  closing: boolean;
  /** Taken so far, refunds not subtracted. */
  captured: Money;
  refunded: Money;
  fee: Money | null;
  net: Money | null;
  dispute: Dispute | null;
  /** What does not add up. */
  mismatch: string | null;
  url: string | null;
  pix_code: string | null;
  expires_at: string;
  paid_at: string | null;
  receipt_url: string | null;
  error: { code: string; detail: string } | null;
  created_by: { id: string; name: string } | null;
  version: number;
  created_at: string;
  updated_at: string;
}

export interface Charge {
  id: string;
  external_id: string;
  progress: "open" | "processing" | "authorized" | "captured" | "failed" | "expired" | "cancelled";
  method: PaymentMethod;
  amount: Money;
  captured: Money;
  refunded: Money;
  fee: Money | null;
  failure: { code: string; detail: string } | null;
  dispute: Dispute | null;
  receipt_url: string | null;
  payer: string | null;
  created_at: string;
  paid_at: string | null;
}

export interface Refund {
  id: string;
  amount: Money;
  reason: string;
  /** `unknown`: the provider never answered. */
  state: "asked" | "pending" | "done" | "failed" | "unknown";
  detail: string | null;
  by: { id: string; name: string } | null;
  created_at: string;
}

export interface PaymentDetail extends Payment {
  charges: Charge[];
  refunds: Refund[];
  history: { at: string; what: string; by: { id: string; name: string } | null; data: unknown }[];
}

export interface PaymentRequest {
  account_id: string;
  conversation_id?: string;
  deal_id?: string;
  amount?: Money;
  /** Amount and items from the deal's lines. */
  deal_lines?: boolean;
  description: string;
  methods: PaymentMethod[];
  expires_in_minutes?: number;
  client_id?: string;
}

/** A charge that no request of ours is known for. */
export interface Orphan {
  charge_id: string;
  account_id: string;
  provider: string;
  external_id: string;
  amount: Money;
  captured: Money;
  payer: string | null;
  method: PaymentMethod;
  paid_at: string | null;
  suggestions: { payment_id: string; description: string; contact_name: string | null; amount: Money }[];
}

export interface Reconciliation {
  orphans: Orphan[];
  mismatches: Payment[];
  /** Refunds that failed, or of which nobody knows whether they were made. */
  unanswered: (Refund & { payment_id: string })[];
  checked: { account_id: string; at: string | null; charges: number | null; repaired: number | null; error: string | null }[];
}

/** One day, of UTC, of one account in one currency, in the currency's smallest unit. */
export interface BalanceDay {
  /** `2026-11-22` */
  day: string;
  account_id: string;
  provider: string;
  currency: string;
  captured: number;
  refunded: number;
  /** By disputes that were lost. */
  lost: number;
  fees: number;
  net: number;
  count: number;
}

/** A request for money inside a message. */
export interface PaymentPart {
  type: "payment";
  payment_id: string;
  description: string;
  minor: number;
  currency: string;
  state: PaymentState;
  url: string | null;
  pix_code: string | null;
  methods: PaymentMethod[];
  expires_at: string | null;
  refunded_minor: number;
}
