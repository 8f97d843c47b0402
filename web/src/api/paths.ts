/** The calls that the web app makes, in the form that openapi-typescript generates. */
import type * as t from "./types";

type Call<Answer, Body = undefined, Query = undefined, Path = undefined> = {
  parameters: ([Query] extends [undefined] ? { query?: never } : { query?: Query }) & ([Path] extends [undefined] ? { path?: never } : { path: Path });
  responses: { 200: { content: { "application/json": Answer } } };
} & ([Body] extends [undefined] ? { requestBody?: never } : { requestBody: { content: { "application/json": Body } } });

type List<T> = { data: T[]; next_cursor?: string | null };
type Paged = { cursor?: string; limit?: number; sort?: string };
type Id = { id: string };

export interface paths {
  "/api/v1/auth/register": { post: Call<t.SignedIn, { organization_name: string; name: string; email: string; password: string }> };
  "/api/v1/auth/login": { post: Call<t.SignedIn, { email: string; password: string; organization_id?: string }> };
  "/api/v1/auth/logout": { post: Call<undefined> };
  "/api/v1/auth/forgot-password": { post: Call<undefined, { email: string }> };
  "/api/v1/auth/reset-password": { post: Call<undefined, { token: string; password: string }> };
  "/api/v1/auth/accept-invitation": { post: Call<t.SignedIn, { token: string; name?: string; password: string }> };
  "/api/v1/auth/invitation": { post: Call<{ email: string; organization_name: string; role: t.Role; has_account: boolean }, { token: string }> };
  "/api/v1/organizations": { get: Call<List<{ id: string; name: string; role: t.Role }>> };
  "/api/v1/organizations/current": { get: Call<t.Organization>; patch: Call<t.Organization, Partial<t.Organization>> };
  "/api/v1/users": {
    get: Call<List<t.Member>>;
    post: Call<{ id: string; token?: string }, { email: string; role: t.Role }>;
  };
  "/api/v1/users/me": { get: Call<t.Member>; patch: Call<t.Member, { name?: string; current_password?: string; new_password?: string }> };
  "/api/v1/users/{id}": {
    patch: Call<t.Member, { role?: t.Role; active?: boolean }, undefined, Id>;
    delete: Call<undefined, undefined, undefined, Id>;
  };
  "/api/v1/teams": { get: Call<List<t.Team>>; post: Call<t.Team, { name: string; description?: string; member_ids?: string[] }> };
  "/api/v1/teams/{id}": {
    patch: Call<t.Team, { name?: string; description?: string; member_ids?: string[]; version?: number }, undefined, Id>;
    delete: Call<undefined, undefined, undefined, Id>;
  };
  "/api/v1/labels": { get: Call<List<t.Label>>; post: Call<t.Label, { name: string; color?: string }> };
  "/api/v1/labels/{id}": {
    patch: Call<t.Label, { name?: string; color?: string; version?: number }, undefined, Id>;
    delete: Call<undefined, undefined, undefined, Id>;
  };
  "/api/v1/channels": { get: Call<List<t.Channel>> };
  "/api/v1/integrations": {
    get: Call<List<t.Integration>>;
    post: Call<t.Integration, { channel: string; name: string; account: Record<string, string> }>;
  };
  "/api/v1/integrations/{id}": {
    get: Call<t.Integration, undefined, undefined, Id>;
    patch: Call<t.Integration, { name?: string; account?: Record<string, string>; version?: number }, undefined, Id>;
    delete: Call<undefined, undefined, undefined, Id>;
  };
  "/api/v1/integrations/{id}/test": { post: Call<{ checks: t.Check[] }, undefined, undefined, Id> };
  "/api/v1/integrations/{id}/pause": { post: Call<t.Integration, undefined, undefined, Id> };
  "/api/v1/integrations/{id}/resume": { post: Call<t.Integration, undefined, undefined, Id> };
  "/api/v1/integrations/{id}/templates": { get: Call<List<t.Template>, undefined, undefined, Id> };
  "/api/v1/integrations/{id}/templates/sync": { post: Call<List<t.Template>, undefined, undefined, Id> };
  "/api/v1/conversations": { get: Call<List<t.Conversation>, undefined, t.ConversationFilter & Paged> };
  "/api/v1/conversations/counts": { get: Call<t.Counts> };
  "/api/v1/conversations/{id}": {
    get: Call<t.Conversation, undefined, undefined, Id>;
    patch: Call<t.Conversation, t.ConversationChange, undefined, Id>;
  };
  "/api/v1/conversations/{id}/messages": {
    get: Call<List<t.Message>, undefined, { cursor?: string; limit?: number; direction?: string }, Id>;
    post: Call<t.Message, t.SendRequest, undefined, Id>;
  };
  "/api/v1/conversations/{id}/read": { post: Call<t.Conversation, { seq: number }, undefined, Id> };
  "/api/v1/conversations/{id}/unread": { post: Call<t.Conversation, undefined, undefined, Id> };
  "/api/v1/messages": { get: Call<List<t.Message>, undefined, { q: string } & Paged> };
  "/api/v1/messages/{id}": {
    patch: Call<t.Message, { text: string }, undefined, Id>;
    delete: Call<t.Message | undefined, undefined, undefined, Id>;
  };
  "/api/v1/messages/{id}/retry": { post: Call<t.Message, undefined, undefined, Id> };
  "/api/v1/messages/{id}/reactions": { post: Call<t.Message, { emoji: string }, undefined, Id> };
  "/api/v1/attachments/{id}/retry": { post: Call<t.Attachment, undefined, undefined, Id> };
  "/api/v1/contacts": { get: Call<List<t.Contact>, undefined, { q?: string; channel?: string } & Paged> };
  "/api/v1/contacts/{id}": {
    get: Call<t.Contact, undefined, undefined, Id>;
    patch: Call<t.Contact, ContactChange, undefined, Id>;
  };
  "/api/v1/contacts/{id}/conversations": { get: Call<List<t.Conversation>, undefined, Paged, Id> };
  "/api/v1/contacts/{id}/merge": { post: Call<t.Contact, { contact_id: string }, undefined, Id> };
  "/api/v1/contacts/{id}/block": { post: Call<t.Contact, { blocked: boolean }, undefined, Id> };
  "/api/v1/callbacks": {
    get: Call<List<t.Callback>, undefined, { channel?: string; integration_id?: string; verdict?: string; outcome?: string } & Paged>;
  };
  "/api/v1/callbacks/{id}/replay": { post: Call<t.Callback, undefined, undefined, Id> };
}

export interface ContactChange {
  name?: string;
  phone?: string | null;
  email?: string | null;
  attributes?: Record<string, unknown>;
  version?: number;
}
