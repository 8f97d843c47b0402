import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import type { Availability, Invited, Label, Me, Member, MyOrganization, Organization, Page, Role, Team, OrganizationChange } from "./types";

const settled = 5 * 60_000;

export function currentOrganization() {
  return queryOptions({
    queryKey: ["organization"] as const,
    queryFn: ({ signal }) => body<Organization>(api.GET("/api/v1/organizations/current", { signal })),
    staleTime: settled,
  });
}

export function myOrganizations() {
  return queryOptions({
    queryKey: ["organizations"] as const,
    queryFn: async ({ signal }) => (await body<Page<MyOrganization>>(api.GET("/api/v1/organizations", { signal }))).data,
    staleTime: settled,
  });
}

export function patchOrganization(change: OrganizationChange): Promise<Organization> {
  return body<Organization>(api.PATCH("/api/v1/organizations/current", { body: change }));
}

export function members() {
  return queryOptions({
    queryKey: ["members"] as const,
    queryFn: async ({ signal }) => (await body<Page<Member>>(api.GET("/api/v1/users", { signal }))).data,
    staleTime: settled,
  });
}

export function invite(email: string, role: Role) {
  return body<Invited>(api.POST("/api/v1/users", { body: { email, role } }));
}

export function changeMember(id: string, change: { role?: Role; active?: boolean }): Promise<Member> {
  return body<Member>(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: id } }, body: change }));
}

export function patchMe(change: { name?: string; availability?: Availability; current_password?: string; new_password?: string }): Promise<Me> {
  return body<Me>(api.PATCH("/api/v1/users/me", { body: change }));
}

export function teams() {
  return queryOptions({
    queryKey: ["teams"] as const,
    queryFn: async ({ signal }) => (await body<Page<Team>>(api.GET("/api/v1/teams", { signal }))).data,
    staleTime: settled,
  });
}

export function labels() {
  return queryOptions({
    queryKey: ["labels"] as const,
    queryFn: async ({ signal }) => inOrder((await body<Page<Label>>(api.GET("/api/v1/labels", { signal }))).data),
    staleTime: settled,
  });
}

/** As people count: 2 before 10. */
function inOrder(labels: Label[]): Label[] {
  return labels.toSorted((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
}

export function createLabel(name: string, color?: string) {
  return body<Label>(api.POST("/api/v1/labels", { body: { name, color } }));
}
