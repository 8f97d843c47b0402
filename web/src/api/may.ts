import { useSession } from "./session";
import type { Role } from "./types";

/** What the screens ask about. The server decides; this only hides what it would refuse. */
const least = {
  readOrganization: "viewer",
  writeConversations: "agent",
  assignConversations: "agent",
  writeContacts: "agent",
  mergeContacts: "agent",
  deleteContacts: "manager",
  writeDeals: "agent",
  deleteDeals: "manager",
  assignDeals: "manager",
  writePipelines: "manager",
  readPayments: "viewer",
  writePayments: "agent",
  refundPayments: "manager",
  writeLabels: "manager",
  writeTeams: "manager",
  readIntegrations: "manager",
  readCallbacks: "manager",
  writeIntegrations: "admin",
  replayCallbacks: "admin",
  inviteUsers: "admin",
  changeRoles: "admin",
  writeOrganization: "admin",
} satisfies Record<string, Role>;

export type May = keyof typeof least;

export const roles: Role[] = ["viewer", "agent", "manager", "admin", "owner"];

export function may(role: Role | undefined, what: May): boolean {
  return role !== undefined && roles.indexOf(role) >= roles.indexOf(least[what]);
}

export function useMay(what: May): boolean {
  return useSession((session) => may(session.role, what));
}
