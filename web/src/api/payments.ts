import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import type { Money } from "@/lib/money";
import { api, body } from "./client";
import { paymentKeys } from "./payment-keys";
import type { BalanceDay, Payment, PaymentAccount, PaymentDetail, PaymentProvider, PaymentRequest, PaymentState, Reconciliation, Refund } from "./payment-types";
import type { Page } from "./types";

export type * from "./payment-types";
export { paymentStates } from "./payment-types";
export { paymentKeys };

export function paymentProviders() {
  return queryOptions({
    queryKey: ["payment-providers"] as const,
    queryFn: async ({ signal }) => (await body<Page<PaymentProvider>>(api.GET("/api/v1/payment-providers", { signal }))).data,
    staleTime: Infinity,
  });
}

export function paymentAccounts() {
  return queryOptions({
    queryKey: ["payment-accounts"] as const,
    queryFn: async ({ signal }) => (await body<Page<PaymentAccount>>(api.GET("/api/v1/payment-accounts", { signal }))).data,
    staleTime: 60_000,
  });
}

export function connectPaymentAccount(form: { provider: string; name: string; account: Record<string, string> }): Promise<PaymentAccount> {
  return body<PaymentAccount>(api.POST("/api/v1/payment-accounts", { body: form }));
}

export function patchPaymentAccount(id: string, change: { name?: string; account?: Record<string, string>; version?: number }): Promise<PaymentAccount> {
  return body<PaymentAccount>(api.PATCH("/api/v1/payment-accounts/{id}", { params: { path: { id } }, body: change }));
}

export async function removePaymentAccount(id: string): Promise<void> {
  await body<undefined>(api.DELETE("/api/v1/payment-accounts/{id}", { params: { path: { id } } }));
}

/** Asks the provider whose account it is. */
export function testPaymentAccount(id: string): Promise<PaymentAccount> {
  return body<PaymentAccount>(api.POST("/api/v1/payment-accounts/{id}/test", { params: { path: { id } } }));
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
    queryFn: ({ pageParam, signal }) => body<Page<Payment>>(api.GET("/api/v1/payments", { params: { query: { ...filter, cursor: pageParam, limit: 50 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** The last ones of a contact or a deal. */
export function lastPayments(filter: PaymentFilter) {
  return queryOptions({
    queryKey: paymentKeys.last(filter),
    queryFn: async ({ signal }) => (await body<Page<Payment>>(api.GET("/api/v1/payments", { params: { query: { ...filter, limit: 5 } }, signal }))).data,
    staleTime: 30_000,
  });
}

export function payment(id: string) {
  return queryOptions({
    queryKey: paymentKeys.one(id),
    queryFn: ({ signal }) => body<PaymentDetail>(api.GET("/api/v1/payments/{id}", { params: { path: { id } }, signal })),
  });
}

/** The same for each try of the same act: a lost answer does nothing twice. */
const once = (key: string | undefined) => (key ? { "Idempotency-Key": key } : {});

export function askForMoney(request: PaymentRequest): Promise<Payment> {
  return body<Payment>(api.POST("/api/v1/payments", { headers: once(request.client_id), body: request }));
}

/** Without an amount: all that is left. */
export function refundPayment(id: string, refund: { amount?: Money; reason: string }, key: string): Promise<Refund> {
  return body<Refund>(api.POST("/api/v1/payments/{id}/refund", { params: { path: { id } }, headers: once(key), body: refund }));
}

export function cancelPayment(id: string): Promise<Payment> {
  return body<Payment>(api.POST("/api/v1/payments/{id}/cancel", { params: { path: { id } } }));
}

/** Looks at the provider now. */
export function refreshPayment(id: string): Promise<Payment> {
  return body<Payment>(api.POST("/api/v1/payments/{id}/refresh", { params: { path: { id } } }));
}

export function reconciliation() {
  return queryOptions({
    queryKey: paymentKeys.reconciliation,
    queryFn: ({ signal }) => body<Reconciliation>(api.GET("/api/v1/payments/reconciliation", { signal })),
  });
}

export async function checkNow(): Promise<void> {
  await body<undefined>(api.POST("/api/v1/payments/reconciliation"));
}

export function linkOrphan(charge_id: string, payment_id: string): Promise<Payment> {
  return body<Payment>(api.POST("/api/v1/payments/reconciliation/link", { body: { charge_id, payment_id } }));
}

export async function dismissOrphan(charge_id: string, reason: string): Promise<void> {
  await body<undefined>(api.POST("/api/v1/payments/reconciliation/dismiss", { body: { charge_id, reason } }));
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
    queryFn: async ({ signal }) => (await body<Page<BalanceDay>>(api.GET("/api/v1/payments/balance", { params: { query: filter }, signal }))).data,
  });
}
