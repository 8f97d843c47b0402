import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { Problem } from "./problem";
import type { components } from "./schema";
import type { Page } from "./types";

type Told = components["schemas"];

export type Deal = Told["Deal"];
export type Pipeline = Told["Pipeline"];
export type Stage = Told["Stage"];
export type StageTotal = Told["StageTotal"];
export type DealActivity = Told["DealActivity"];
export type NewDeal = Told["NewDeal"];
export type DealChange = Told["DealChange"];
export type WrittenKind = Told["DealActivityKind"];

/** Which deals of the board. */
export interface BoardFilter {
  owner_id?: string;
  q?: string;
  stale?: boolean;
}

export const dealKeys = {
  all: ["deals"] as const,
  columns: ["deals", "column"] as const,
  column: (stageId: string, filter: BoardFilter) => ["deals", "column", stageId, filter] as const,
  totals: ["deals", "totals"] as const,
  totalsOf: (pipelineId: string, filter: BoardFilter) => ["deals", "totals", pipelineId, filter] as const,
  one: (id: string) => ["deals", "one", id] as const,
  activities: (id: string) => ["deals", "activities", id] as const,
  contacts: ["deals", "contact"] as const,
  contact: (id: string) => ["deals", "contact", id] as const,
};

export function pipelines() {
  return queryOptions({
    queryKey: ["pipelines"] as const,
    queryFn: async ({ signal }) => (await body<Page<Pipeline>>(api.GET("/api/v1/pipelines", { signal }))).data,
    staleTime: 60_000,
  });
}

/** A stage's deals, from the top. */
export function column(stageId: string, filter: BoardFilter) {
  return infiniteQueryOptions({
    queryKey: dealKeys.column(stageId, filter),
    queryFn: ({ pageParam, signal }) =>
      body<Page<Deal>>(api.GET("/api/v1/deals", { params: { query: { ...filter, stage_id: stageId, order: "board", cursor: pageParam, limit: 100 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function totals(pipelineId: string, filter: BoardFilter) {
  return queryOptions({
    queryKey: dealKeys.totalsOf(pipelineId, filter),
    queryFn: async ({ signal }) =>
      (await body<Page<StageTotal>>(api.GET("/api/v1/pipelines/{id}/totals", { params: { path: { id: pipelineId }, query: filter }, signal }))).data,
  });
}

export function deal(id: string) {
  return queryOptions({
    queryKey: dealKeys.one(id),
    queryFn: ({ signal }) => body<Deal>(api.GET("/api/v1/deals/{id}", { params: { path: { id } }, signal })),
  });
}

/** What happened to a deal, newest first. */
export function activities(id: string) {
  return queryOptions({
    queryKey: dealKeys.activities(id),
    queryFn: async ({ signal }) =>
      (await body<Page<DealActivity>>(api.GET("/api/v1/deals/{id}/activities", { params: { path: { id }, query: { limit: 100 } }, signal }))).data,
  });
}

export function contactDeals(contactId: string) {
  return queryOptions({
    queryKey: dealKeys.contact(contactId),
    queryFn: async ({ signal }) =>
      (await body<Page<Deal>>(api.GET("/api/v1/contacts/{id}/deals", { params: { path: { id: contactId }, query: { limit: 20 } }, signal }))).data,
  });
}

export function createPipeline(name: string, currency: string): Promise<Pipeline> {
  return body<Pipeline>(api.POST("/api/v1/pipelines", { body: { name, currency } }));
}

export function createDeal(deal: NewDeal): Promise<Deal> {
  return body<Deal>(api.POST("/api/v1/deals", { body: deal }));
}

export function patchDeal(id: string, change: DealChange): Promise<Deal> {
  return body<Deal>(api.PATCH("/api/v1/deals/{id}", { params: { path: { id } }, body: change }));
}

export async function removeDeal(id: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/deals/{id}", { params: { path: { id } } });
  if (!response.ok) throw Problem.from(response.status, error);
}

export function restoreDeal(id: string): Promise<Deal> {
  return body<Deal>(api.POST("/api/v1/deals/{id}/restore", { params: { path: { id } } }));
}

export function writeActivity(id: string, kind: WrittenKind, text: string): Promise<DealActivity> {
  return body<DealActivity>(api.POST("/api/v1/deals/{id}/activities", { params: { path: { id } }, body: { kind, text } }));
}
