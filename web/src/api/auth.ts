import { api, body } from "./client";
import type { Invitation, SignedIn } from "./types";
import { signIn, signOut } from "./session";

export async function login(email: string, password: string): Promise<void> {
  signIn(await body<SignedIn>(api.POST("/api/v1/auth/login", { body: { email, password } })));
}

export async function register(form: { organization_name: string; name: string; email: string; password: string }): Promise<void> {
  signIn(await body<SignedIn>(api.POST("/api/v1/auth/register", { body: form })));
}

export async function acceptInvitation(token: string, name: string | undefined, password: string): Promise<void> {
  signIn(await body<SignedIn>(api.POST("/api/v1/auth/accept-invitation", { body: { token, name, password } })));
}

export async function forgotPassword(email: string): Promise<void> {
  await body<undefined>(api.POST("/api/v1/auth/forgot-password", { body: { email } }));
}

export async function resetPassword(token: string, password: string): Promise<void> {
  await body<undefined>(api.POST("/api/v1/auth/reset-password", { body: { token, password } }));
}

/** Ends the session on the server where it can be reached, and here in any case. */
export async function logout(): Promise<void> {
  try {
    await api.POST("/api/v1/auth/logout");
  } finally {
    signOut();
  }
}

export function lookAtInvitation(token: string) {
  return body<Invitation>(api.POST("/api/v1/auth/invitation", { body: { token } }));
}
