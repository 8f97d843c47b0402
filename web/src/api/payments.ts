import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import type { Money } from "@/lib/money";
import { authorizedFetch } from "./authorized-fetch";
import { paymentKeys } from "./payment-keys";
import type { BalanceDay, Payment, PaymentAccount, PaymentDetail, PaymentProvider, PaymentRequest, PaymentState, Reconciliation, Refund } from "./payment-types";
import { Problem } from "./problem";
import type { Page } from "./types";

export type * from "./payment-types";
export { paymentStates } from "./payment-types";
export { paymentKeys };

type Query = Record<string, string | number | undefined>;

interface Call {
  query?: Query;
  body?: unknown;
  /** The same for each try of the same act. */
  key?: string;
  signal?: AbortSignal;
}

async function ask<T>(method: string, path: string, { query = {}, body, key, signal }: Call = {}): Promise<T> {
  const address = new URL(`/api/v1${path}`, location.origin);
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== "") address.searchParams.set(name, String(value));
  const headers = new Headers();
  if (body !== undefined) headers.set("content-type", "application/json");
  if (key) headers.set("idempotency-key", key);
  const response = await authorizedFetch(new Request(address, { method, headers, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body) }));
  const told: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (!response.ok) throw Problem.from(response.status, told);
  return told as T;
}

export function paymentProviders() {
  return queryOptions({
    queryKey: ["payment-providers"] as const,
    queryFn: async ({ signal }) => (await ask<Page<PaymentProvider>>("GET", "/payment-providers", { signal })).data,
    staleTime: Infinity,
  });
}

export function paymentAccounts() {
  return queryOptions({
    queryKey: ["payment-accounts"] as const,
    queryFn: async ({ signal }) => (await ask<Page<PaymentAccount>>("GET", "/payment-accounts", { signal })).data,
    staleTime: 60_000,
  });
}

export function connectPaymentAccount(form: { provider: string; name: string; account: Record<string, string> }): Promise<PaymentAccount> {
  return ask("POST", "/payment-accounts", { body: form });
}

export function patchPaymentAccount(id: string, change: { name?: string; account?: Record<string, string>; version?: number }): Promise<PaymentAccount> {
  return ask("PATCH", `/payment-accounts/${id}`, { body: change });
}

export function removePaymentAccount(id: string): Promise<void> {
  return ask("DELETE", `/payment-accounts/${id}`);
}

/** Asks the provider whose account it is. */
export function testPaymentAccount(id: string): Promise<PaymentAccount> {
  return ask("POST", `/payment-accounts/${id}/test`);
}

export interface PaymentFilter {
  state?: PaymentState;
  account_id?: string;
  conversation_id?: string;
  deal_id?: string;
  contact_id?: string;
}

/** Newest first. */
export function paymentList(filter: PaymentFilter) {
  return infiniteQueryOptions({
    queryKey: paymentKeys.list(filter),
    queryFn: ({ pageParam, signal }) => ask<Page<Payment>>("GET", "/payments", { query: { ...filter, cursor: pageParam, limit: 50 }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** The last ones of a contact or a deal. */
export function lastPayments(filter: PaymentFilter) {
  return queryOptions({
    queryKey: paymentKeys.last(filter),
    queryFn: async ({ signal }) => (await ask<Page<Payment>>("GET", "/payments", { query: { ...filter, limit: 5 }, signal })).data,
    staleTime: 30_000,
  });
}

export function payment(id: string) {
  return queryOptions({
    queryKey: paymentKeys.one(id),
    queryFn: ({ signal }) => ask<PaymentDetail>("GET", `/payments/${id}`, { signal }),
  });
}

export function askForMoney(request: PaymentRequest): Promise<Payment> {
  return ask("POST", "/payments", { body: request, key: request.client_id });
}

/** Without an amount: all that is left. */
export function refundPayment(id: string, refund: { amount?: Money; reason: string }, key: string): Promise<Refund> {
  return ask("POST", `/payments/${id}/refund`, { body: refund, key });
}

export function cancelPayment(id: string): Promise<Payment> {
  return ask("POST", `/payments/${id}/cancel`);
}

/** Looks at the provider now. */
export function refreshPayment(id: string): Promise<Payment> {
  return ask("POST", `/payments/${id}/refresh`);
}

export function reconciliation() {
  return queryOptions({
    queryKey: paymentKeys.reconciliation,
    queryFn: ({ signal }) => ask<Reconciliation>("GET", "/payments/reconciliation", { signal }),
  });
}

export async function checkNow(): Promise<void> {
  await ask<unknown>("POST", "/payments/reconciliation");
}

export function linkOrphan(charge_id: string, payment_id: string): Promise<Payment> {
  return ask("POST", "/payments/reconciliation/link", { body: { charge_id, payment_id } });
}

export function dismissOrphan(charge_id: string, reason: string): Promise<void> {
  return ask("POST", "/payments/reconciliation/dismiss", { body: { charge_id, reason } });
}

export interface BalanceFilter {
  /** Days, both included. */
  from: string;
  to: string;
  account_id?: string;
}

export function balance(filter: BalanceFilter) {
  return queryOptions({
    queryKey: paymentKeys.balance(filter),
    queryFn: async ({ signal }) => (await ask<{ data: BalanceDay[] }>("GET", "/payments/balance", { query: { ...filter }, signal })).data,
  });
}
