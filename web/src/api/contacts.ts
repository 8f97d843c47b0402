import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { api, body } from "./client";
import { authorizedFetch } from "./authorized-fetch";
import { Problem } from "./problem";
import type { Contact, ContactChange, ContactNote, Conversation, ImportedRow, Message, Page } from "./types";

export const contactKeys = {
  lists: ["contacts"] as const,
  list: (q: string) => ["contacts", q] as const,
  one: (id: string) => ["contact", id] as const,
  timeline: (id: string) => ["contact", id, "timeline"] as const,
  conversations: (id: string) => ["contact", id, "conversations"] as const,
  notes: (id: string) => ["contact", id, "notes"] as const,
};

export function contactList(q: string) {
  return infiniteQueryOptions({
    queryKey: contactKeys.list(q),
    queryFn: ({ pageParam, signal }) =>
      body<Page<Contact>>(api.GET("/api/v1/contacts", { params: { query: { q: q || undefined, cursor: pageParam, limit: 50 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function contact(id: string) {
  return queryOptions({
    queryKey: contactKeys.one(id),
    queryFn: ({ signal }) => body<Contact>(api.GET("/api/v1/contacts/{id}", { params: { path: { id } }, signal })),
  });
}

export function contactConversations(id: string) {
  return queryOptions({
    queryKey: contactKeys.conversations(id),
    queryFn: ({ signal }) => body<Page<Conversation>>(api.GET("/api/v1/contacts/{id}/conversations", { params: { path: { id } }, signal })),
  });
}

/** What was said with a contact on every channel, newest first. */
export function contactTimeline(id: string) {
  return infiniteQueryOptions({
    queryKey: contactKeys.timeline(id),
    queryFn: ({ pageParam, signal }) => body<Page<Message>>(api.GET("/api/v1/contacts/{id}/timeline", { params: { path: { id }, query: { cursor: pageParam, limit: 20 } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

export function patchContact(id: string, change: ContactChange): Promise<Contact> {
  return body<Contact>(api.PATCH("/api/v1/contacts/{id}", { params: { path: { id } }, body: change }));
}

/** Moves everything of the other contact here; the other one ceases to be. */
export function mergeContact(id: string, other: string): Promise<Contact> {
  return body<Contact>(api.POST("/api/v1/contacts/{id}/merge", { params: { path: { id } }, body: { contact_id: other } }));
}

export function blockContact(id: string, blocked: boolean): Promise<Contact> {
  return body<Contact>(api.POST("/api/v1/contacts/{id}/block", { params: { path: { id } }, body: { blocked } }));
}

export function contactNotes(id: string) {
  return queryOptions({
    queryKey: contactKeys.notes(id),
    queryFn: ({ signal }) => body<Page<ContactNote>>(api.GET("/api/v1/contacts/{id}/notes", { params: { path: { id } }, signal })),
  });
}

export function noteContact(id: string, text: string): Promise<ContactNote> {
  return body<ContactNote>(api.POST("/api/v1/contacts/{id}/notes", { params: { path: { id } }, body: { text } }));
}

/** Takes a table in; each row has its own outcome, in the order of the table. */
export async function importContacts(csv: string): Promise<ImportedRow[]> {
  const request = new Request(new URL("/api/v1/contacts/import", location.origin), { method: "POST", headers: { "content-type": "text/csv" }, body: csv });
  const response = await authorizedFetch(request);
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw Problem.from(response.status, answer);
  return (answer as Page<ImportedRow>).data;
}

/** All contacts as a table. */
export async function exportContacts(): Promise<Blob> {
  const response = await authorizedFetch(new Request(new URL("/api/v1/contacts/export", location.origin)));
  if (!response.ok) throw Problem.from(response.status, await response.json().catch(() => undefined));
  return response.blob();
}
