import { Problem } from "./problem";
import { renew, useSession } from "./session";

/** `fetch` with the access token; a 401 renews the token once and repeats the request. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const { token } = useSession.getState();
  const again = request.clone();
  const response = await send(request, token);
  if (response.status !== 401 || !token) return response;
  const renewed = await renew(token);
  return renewed ? send(again, renewed) : response;
}

async function send(request: Request, token: string | undefined): Promise<Response> {
  if (token) request.headers.set("authorization", `Bearer ${token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw Problem.offline();
  }
}
