import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { Problem } from "./problem";
import type { components } from "./schema";
import type { Page } from "./types";

type Told = components["schemas"];

export type DealView = Told["DealView"];
export type DealLook = Told["DealLook"];
export type NewDealView = Told["NewDealView"];
export type DealViewChange = Told["DealViewChange"];

/** Everybody's in their order, then one's own. */
export function dealViews() {
  return queryOptions({
    queryKey: ["deal-views"] as const,
    queryFn: async ({ signal }) => (await body<Page<DealView>>(api.GET("/api/v1/deal-views", { signal }))).data,
    staleTime: 60_000,
  });
}

export function createDealView(view: NewDealView): Promise<DealView> {
  return body<DealView>(api.POST("/api/v1/deal-views", { body: view }));
}

export function patchDealView(id: string, change: DealViewChange): Promise<DealView> {
  return body<DealView>(api.PATCH("/api/v1/deal-views/{id}", { params: { path: { id } }, body: change }));
}

export async function removeDealView(id: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/deal-views/{id}", { params: { path: { id } } });
  if (!response.ok) throw Problem.from(response.status, error);
}
