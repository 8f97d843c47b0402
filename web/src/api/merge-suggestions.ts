import { queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import type { components } from "./schema";
import type { Contact, Page } from "./types";

/** Two contacts that may be one person, and what they share. */
export type MergeSuggestion = Omit<components["schemas"]["MergeSuggestion"], "contacts"> & { contacts: Contact[] };

export const mergeSuggestionKeys = {
  all: ["merge-suggestions"] as const,
  of: (contactId: string) => ["merge-suggestions", contactId] as const,
};

export function mergeSuggestions(contactId: string) {
  return queryOptions({
    queryKey: mergeSuggestionKeys.of(contactId),
    queryFn: ({ signal }) => body<Page<MergeSuggestion>>(api.GET("/api/v1/merge-suggestions", { params: { query: { contact_id: contactId, limit: 20 } }, signal })),
  });
}

/** They are not the same person, and are not suggested again. */
export async function refuseMergeSuggestion(id: string): Promise<void> {
  await body(api.POST("/api/v1/merge-suggestions/{id}/refuse", { params: { path: { id } } }));
}
