import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { authorizedFetch } from "./authorized-fetch";
import { dealKeys } from "./deal-keys";
import { Problem } from "./problem";
import type { components } from "./schema";
import type { Page } from "./types";

export type DealFile = components["schemas"]["DealFile"];

/** Newest first. */
export function dealFiles(dealId: string) {
  return queryOptions({
    queryKey: dealKeys.files(dealId),
    queryFn: async ({ signal }) => (await body<Page<DealFile>>(api.GET("/api/v1/deals/{id}/files", { params: { path: { id: dealId } }, signal }))).data,
  });
}

/** Puts an upload on the deal. */
export function addDealFile(dealId: string, attachmentId: string): Promise<DealFile> {
  return body<DealFile>(api.POST("/api/v1/deals/{id}/files", { params: { path: { id: dealId } }, body: { attachment_id: attachmentId } }));
}

export async function removeDealFile(dealId: string, fileId: string): Promise<void> {
  const { error, response } = await api.DELETE("/api/v1/deals/{id}/files/{file_id}", { params: { path: { id: dealId, file_id: fileId } } });
  if (!response.ok) throw Problem.from(response.status, error);
}

/** The file itself. */
export async function dealFileBytes(fileId: string): Promise<Blob> {
  const response = await authorizedFetch(new Request(new URL(`/api/v1/attachments/${fileId}`, location.origin)));
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => undefined));
  return response.blob();
}
