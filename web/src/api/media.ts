import { queryOptions } from "@tanstack/react-query";

import { authorizedFetch } from "./authorized-fetch";
import { Problem } from "./problem";

const addressLasts = 4 * 60_000;

/**
 * Where an attachment's bytes can be shown from. The server answers with a redirect to a short-lived signed address, which
 * elements can load by themselves; an answer without one is kept as a blob.
 */
export function mediaAddress(id: string, thumbnail = false) {
  return queryOptions({
    queryKey: ["media", id, thumbnail] as const,
    queryFn: async ({ signal }) => {
      const address = new URL(`/api/v1/attachments/${id}${thumbnail ? "?thumbnail=true" : ""}`, location.origin);
      const response = await authorizedFetch(new Request(address, { signal }));
      if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => undefined));
      if (!response.redirected) return URL.createObjectURL(await response.blob());
      void response.body?.cancel();
      return response.url;
    },
    staleTime: addressLasts,
    retry: 1,
  });
}
