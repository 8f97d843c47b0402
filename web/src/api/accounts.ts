import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { dealKeys } from "./deal-keys";
import type { Deal } from "./deals";
import { Problem } from "./problem";
import type { components } from "./schema";
import type { Contact, Page } from "./types";

type Told = components["schemas"];

/** A company. */
export type Account = Told["Account"];
export type NewAccount = Partial<Told["NewAccount"]> & { name: string };
export type AccountChange = Told["AccountChange"];

export const accountKeys = {
  all: ["accounts"] as const,
  list: (q: string) => ["accounts", "list", q] as const,
  one: (id: string) => ["accounts", "one", id] as const,
  contacts: (id: string) => ["accounts", "contacts", id] as const,
};

export function accountList(q: string) {
  return infiniteQueryOptions({
    queryKey: accountKeys.list(q),
    queryFn: ({ pageParam, signal }) => body<Page<Account>>(api.GET("/api/v1/accounts", { params: { query: { q: q || undefined, cursor: pageParam, limit: 50 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function account(id: string) {
  return queryOptions({
    queryKey: accountKeys.one(id),
    queryFn: ({ signal }) => body<Account>(api.GET("/api/v1/accounts/{id}", { params: { path: { id } }, signal })),
  });
}

/** Its newest contacts, up to 50. */
export function accountContacts(id: string) {
  return queryOptions({
    queryKey: accountKeys.contacts(id),
    queryFn: ({ signal }) => body<Page<Contact>>(api.GET("/api/v1/contacts", { params: { query: { account_id: id, limit: 50 } }, signal })),
  });
}

/** Its newest deals, up to 50. */
export function accountDeals(id: string) {
  return queryOptions({
    queryKey: dealKeys.account(id),
    queryFn: ({ signal }) => body<Page<Deal>>(api.GET("/api/v1/deals", { params: { query: { account_id: id, limit: 50 } }, signal })),
  });
}

export function createAccount(account: NewAccount): Promise<Account> {
  return body<Account>(api.POST("/api/v1/accounts", { body: account }));
}

export function patchAccount(id: string, change: AccountChange): Promise<Account> {
  return body<Account>(api.PATCH("/api/v1/accounts/{id}", { params: { path: { id } }, body: change }));
}

export async function removeAccount(id: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/accounts/{id}", { params: { path: { id } } });
  if (!response.ok) throw Problem.from(response.status, error);
}
