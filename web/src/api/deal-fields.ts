import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { Problem } from "./problem";
import type { components } from "./schema";
import type { Page } from "./types";

type Told = components["schemas"];

export type DealField = Told["DealField"];
export type FieldKind = Told["DealFieldKind"];
export type FieldAbout = Told["DealFieldAbout"];
export type NewDealField = Told["NewDealField"];
export type DealFieldChange = Told["DealFieldChange"];

/** In their order, those of deals first. */
export function dealFields() {
  return queryOptions({
    queryKey: ["deal-fields"] as const,
    queryFn: async ({ signal }) => (await body<Page<DealField>>(api.GET("/api/v1/deal-fields", { signal }))).data,
    staleTime: 5 * 60_000,
  });
}

export function createDealField(field: NewDealField): Promise<DealField> {
  return body<DealField>(api.POST("/api/v1/deal-fields", { body: field }));
}

export function patchDealField(id: string, change: DealFieldChange): Promise<DealField> {
  return body<DealField>(api.PATCH("/api/v1/deal-fields/{id}", { params: { path: { id } }, body: change }));
}

export async function removeDealField(id: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/deal-fields/{id}", { params: { path: { id } } });
  if (!response.ok) throw Problem.from(response.status, error);
}
