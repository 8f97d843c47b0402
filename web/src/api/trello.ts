import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

type Told = components["schemas"];

export type TrelloConnection = Told["TrelloConnection"];
export type TrelloBoard = Told["TrelloBoard"];
export type TrelloList = Told["TrelloList"];
export type TrelloListStage = Told["TrelloListStage"];
export type NewTrelloConnection = Told["NewTrelloConnection"];
export type TrelloConnectionChange = Told["TrelloConnectionChange"];

export function trelloConnections() {
  return queryOptions({
    queryKey: ["trello"] as const,
    queryFn: async ({ signal }) => (await body<Page<TrelloConnection>>(api.GET("/api/v1/trello", { signal }))).data,
  });
}

export function trelloForm() {
  return queryOptions({
    queryKey: ["trello-form"] as const,
    queryFn: async ({ signal }) => (await body<Told["TrelloForm"]>(api.GET("/api/v1/trello/form", { signal }))).account_form,
    staleTime: Infinity,
  });
}

/** The boards that the filled-in token sees; nothing is stored. */
export async function trelloBoards(account: Record<string, string>): Promise<TrelloBoard[]> {
  return (await body<Page<TrelloBoard>>(api.POST("/api/v1/trello/boards", { body: { account } }))).data;
}

export function connectTrello(wish: NewTrelloConnection): Promise<TrelloConnection> {
  return body<TrelloConnection>(api.POST("/api/v1/trello", { body: wish }));
}

export function patchTrello(id: string, change: TrelloConnectionChange): Promise<TrelloConnection> {
  return body<TrelloConnection>(api.PATCH("/api/v1/trello/{id}", { params: { path: { id } }, body: change }));
}

export async function disconnectTrello(id: string): Promise<void> {
  await body<undefined>(api.DELETE("/api/v1/trello/{id}", { params: { path: { id } } }));
}

export async function syncTrello(id: string): Promise<void> {
  await body<undefined>(api.POST("/api/v1/trello/{id}/sync", { params: { path: { id } } }));
}
