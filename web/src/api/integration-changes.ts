import { api, body } from "./client";
import type { Callback, Integration, Mirror, TestResult } from "./types";

export function connect(form: { channel: string; name: string; account: Record<string, string> }): Promise<Integration> {
  return body<Integration>(api.POST("/api/v1/integrations", { body: form }));
}

/** Begins to connect by consent; the browser then goes to the address. */
export async function beginInstall(channel: string, account: Record<string, string>): Promise<string> {
  return (await body<{ url: string }>(api.POST("/api/v1/integrations/install", { body: { channel, account } }))).url;
}

/** Asks for consent again. */
export async function reauthorise(id: string): Promise<string> {
  return (await body<{ url: string }>(api.POST("/api/v1/integrations/{id}/reauthorise", { params: { path: { id } } }))).url;
}

export function patchIntegration(id: string, change: { name?: string; account?: Record<string, string>; silent_after_minutes?: number | null; version?: number }): Promise<Integration> {
  return body<Integration>(api.PATCH("/api/v1/integrations/{id}", { params: { path: { id } }, body: change }));
}

export async function removeIntegration(id: string): Promise<void> {
  await body<undefined>(api.DELETE("/api/v1/integrations/{id}", { params: { path: { id } } }));
}

/** Asks the platform about token, callback address and permissions. */
export function testIntegration(id: string): Promise<TestResult> {
  return body<TestResult>(api.POST("/api/v1/integrations/{id}/test", { params: { path: { id } } }));
}

export function pauseIntegration(id: string): Promise<Integration> {
  return body<Integration>(api.POST("/api/v1/integrations/{id}/pause", { params: { path: { id } } }));
}

export function resumeIntegration(id: string): Promise<Integration> {
  return body<Integration>(api.POST("/api/v1/integrations/{id}/resume", { params: { path: { id } } }));
}

/** Conversations are followed in that place from now on. */
export function putMirror(id: string, choice: { place: string; channels: string[]; team_ids: string[] }): Promise<Mirror> {
  return body<Mirror>(api.PUT("/api/v1/integrations/{id}/mirror", { params: { path: { id } }, body: choice }));
}

export async function endMirror(id: string): Promise<void> {
  await body<undefined>(api.DELETE("/api/v1/integrations/{id}/mirror", { params: { path: { id } } }));
}

export async function syncTemplates(id: string): Promise<void> {
  await body<unknown>(api.POST("/api/v1/integrations/{id}/templates/sync", { params: { path: { id } } }));
}

export async function replayCallback(id: string): Promise<void> {
  await body<Callback>(api.POST("/api/v1/callbacks/{id}/replay", { params: { path: { id } } }));
}
