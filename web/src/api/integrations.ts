import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import type { Callback, Channel, Integration, IntegrationDetail, MirrorPlace, Page, Template } from "./types";

export function channels() {
  return queryOptions({
    queryKey: ["channels"] as const,
    queryFn: async ({ signal }) => (await body<Page<Channel>>(api.GET("/api/v1/channels", { signal }))).data,
    staleTime: Infinity,
  });
}

export function integrations() {
  return queryOptions({
    queryKey: ["integrations"] as const,
    queryFn: async ({ signal }) => (await body<Page<Integration>>(api.GET("/api/v1/integrations", { signal }))).data,
    staleTime: 60_000,
  });
}

export function templates(integrationId: string) {
  return queryOptions({
    queryKey: ["templates", integrationId] as const,
    queryFn: async ({ signal }) => (await body<Page<Template>>(api.GET("/api/v1/integrations/{id}/templates", { params: { path: { id: integrationId } }, signal }))).data,
    staleTime: 60_000,
  });
}

export interface CallbackFilter {
  channel?: string;
  integration_id?: string;
  verdict?: string;
  outcome?: string;
}

export function callbacks(filter: CallbackFilter) {
  return infiniteQueryOptions({
    queryKey: ["callbacks", filter] as const,
    queryFn: ({ pageParam, signal }) =>
      body<Page<Callback>>(api.GET("/api/v1/callbacks", { params: { query: { ...filter, cursor: pageParam, limit: 50 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** One callback with its body; lists leave that out. */
export function callback(id: string) {
  return queryOptions({
    queryKey: ["callbacks", id] as const,
    queryFn: ({ signal }) => body<Callback>(api.GET("/api/v1/callbacks/{id}", { params: { path: { id } }, signal })),
  });
}

export function integration(id: string) {
  return queryOptions({
    queryKey: ["integrations", id] as const,
    queryFn: ({ signal }) => body<IntegrationDetail>(api.GET("/api/v1/integrations/{id}", { params: { path: { id } }, signal })),
  });
}

/** Rooms on the platform that the account is in. */
export function mirrorPlaces(id: string) {
  return queryOptions({
    queryKey: ["mirror-places", id] as const,
    queryFn: async ({ signal }) =>
      (await body<Page<MirrorPlace>>(api.GET("/api/v1/integrations/{id}/mirror/places", { params: { path: { id } }, signal }))).data,
    staleTime: 60_000,
    retry: false,
  });
}
