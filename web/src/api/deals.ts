import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { type BoardFilter, dealKeys, type DealOrder } from "./deal-keys";
import { Problem } from "./problem";
import type { components } from "./schema";
import type { Page } from "./types";

export { type BoardFilter, dealKeys, type DealOrder };

type Told = components["schemas"];

export type Deal = Told["Deal"];
export type Pipeline = Told["Pipeline"];
export type Stage = Told["Stage"];
export type StageTotal = Told["StageTotal"];
export type DealActivity = Told["DealActivity"];
export type NewDeal = Told["NewDeal"];
export type DealChange = Told["DealChange"];
export type StageForm = Told["StageForm"];
export type PipelineChange = Told["PipelineChange"];
export type DealLine = Told["DealLine"];
export type WrittenKind = Told["DealActivityKind"];

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

/** A pipeline's deals as a table. */
export function dealTable(pipelineId: string, filter: BoardFilter, order: DealOrder) {
  return infiniteQueryOptions({
    queryKey: dealKeys.table(pipelineId, filter, order),
    queryFn: ({ pageParam, signal }) =>
      body<Page<Deal>>(api.GET("/api/v1/deals", { params: { query: { ...filter, pipeline_id: pipelineId, order, cursor: pageParam, limit: 100 } }, signal })),
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

export function patchPipeline(id: string, change: PipelineChange): Promise<Pipeline> {
  return body<Pipeline>(api.PATCH("/api/v1/pipelines/{id}", { params: { path: { id } }, body: change }));
}

export async function removePipeline(id: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/pipelines/{id}", { params: { path: { id } } });
  if (!response.ok) throw Problem.from(response.status, error);
}

export function createDeal(deal: NewDeal): Promise<Deal> {
  return body<Deal>(api.POST("/api/v1/deals", { body: deal }));
}

export function patchDeal(id: string, change: DealChange): Promise<Deal> {
  return body<Deal>(api.PATCH("/api/v1/deals/{id}", { params: { path: { id } }, body: change }));
}

export type DealsChange = Omit<Told["DealsChange"], "ids">;
type DealOutcome = Told["DealOutcome"];

/** Each is done for itself; answers what came of them. */
export async function patchDeals(ids: string[], change: DealsChange): Promise<DealOutcome[]> {
  return (await body<Page<DealOutcome>>(api.PATCH("/api/v1/deals/bulk", { body: { ids, ...change } }))).data;
}

export async function removeDeals(ids: string[]): Promise<DealOutcome[]> {
  return (await body<Page<DealOutcome>>(api.DELETE("/api/v1/deals/bulk", { body: { ids } }))).data;
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
