import { create } from "zustand";

import { Problem } from "./problem";
import type { Role, SignedIn, User } from "./types";

/** Who is logged in here. The access token lives in memory only; the refresh token is a cookie that scripts cannot read. */
export interface Session {
  state: "unknown" | "out" | "in";
  token?: string;
  /** When the token runs out, as milliseconds since 1970. */
  expires?: number;
  user?: User;
  organization?: { id: string; name: string };
  role?: Role;
}

export const useSession = create<Session>(() => ({ state: "unknown" }));

export function signIn(answer: SignedIn): void {
  useSession.setState({
    state: "in",
    token: answer.access_token,
    expires: Date.now() + answer.expires_in * 1000,
    user: answer.user,
    organization: answer.organization,
    role: answer.role,
  });
}

export function signOut(): void {
  useSession.setState({ state: "out", token: undefined, expires: undefined, user: undefined, organization: undefined, role: undefined });
}

let renewing: Promise<string | undefined> | undefined;

/**
 * A token other than the stale one, or undefined when the session has ended. However many ask at once, one request is
 * made; tabs take turns, because a refresh token that is used twice ends the whole session.
 */
export function renew(stale: string | undefined): Promise<string | undefined> {
  const { token } = useSession.getState();
  if (token && token !== stale) return Promise.resolve(token);
  renewing ??= inTurn(() => refresh()).finally(() => {
    renewing = undefined;
  });
  return renewing;
}

/** Goes on in another organization of the same user. */
export async function enterOrganization(organizationId: string): Promise<void> {
  await inTurn(() => refresh(organizationId));
}

/** A token that is good for at least another half minute. */
export function freshToken(): Promise<string | undefined> {
  const { token, expires = 0 } = useSession.getState();
  return token && expires - Date.now() > 30_000 ? Promise.resolve(token) : renew(token);
}

async function refresh(organizationId?: string, again = true): Promise<string | undefined> {
  const choice = organizationId ? { headers: { "content-type": "application/json" }, body: JSON.stringify({ organization_id: organizationId }) } : {};
  let response: Response;
  try {
    response = await fetch("/api/v1/auth/refresh", { method: "POST", credentials: "same-origin", ...choice });
  } catch {
    throw Problem.offline();
  }
  // Another browser process was faster; its answer has brought the next cookie.
  if (response.status === 409 && again) return refresh(organizationId, false);
  if (response.ok) {
    signIn((await response.json()) as SignedIn);
    return useSession.getState().token;
  }
  if (response.status !== 401) throw Problem.from(response.status, undefined);
  signOut();
  return undefined;
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? await navigator.locks.request("switchboard.refresh", work) : await work();
}
