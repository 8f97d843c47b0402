import { api, body } from "./client";
import type { Label, Team } from "./types";

interface TeamForm {
  name: string;
  description: string;
  member_ids: string[];
}

export function createTeam(form: TeamForm): Promise<Team> {
  return body<Team>(api.POST("/api/v1/teams", { body: form }));
}

export function patchTeam(id: string, form: TeamForm & { version: number }): Promise<Team> {
  return body<Team>(api.PATCH("/api/v1/teams/{team_id}", { params: { path: { team_id: id } }, body: form }));
}

export async function removeTeam(id: string): Promise<void> {
  await body<undefined>(api.DELETE("/api/v1/teams/{team_id}", { params: { path: { team_id: id } } }));
}

export function patchLabel(id: string, change: { name?: string; color?: string; version?: number }): Promise<Label> {
  return body<Label>(api.PATCH("/api/v1/labels/{id}", { params: { path: { id } }, body: change }));
}

export async function removeLabel(id: string): Promise<void> {
  await body<undefined>(api.DELETE("/api/v1/labels/{id}", { params: { path: { id } } }));
}
