import createClient from "openapi-fetch";

import { authorizedFetch } from "./authorized-fetch";
import { Problem } from "./problem";
import type { paths } from "./paths";

/** Typed by the server's own description. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorizedFetch, credentials: "same-origin" });

/** The body of a successful answer; a problem is thrown. */
export async function body<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw Problem.from(response.status, error);
  return data as T;
}
