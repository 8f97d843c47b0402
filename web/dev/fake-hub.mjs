// A stand-in for the hub, to work on the screens: `node dev/fake-hub.mjs [port]` serves dist/ and answers the API from
// dev/data.mjs. Nothing is kept. The real hub is what the browser tests run against.
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { WebSocketServer } from "ws";

import * as data from "./data.mjs";

const port = Number(process.argv[2] ?? 8090);
const dist = join(import.meta.dirname, "../dist");
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const csp = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:";
const sockets = new Set();
let position = 0;
let signedIn = true;

const routes = [];
const route = (method, path, handle) => routes.push({ method, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "([^/]+)")}$`), handle });
const page = (rows, url, size = 50) => {
  const from = Number(url.searchParams.get("cursor") ?? 0);
  const limit = Number(url.searchParams.get("limit") ?? size);
  return { data: rows.slice(from, from + limit), next_cursor: from + limit < rows.length ? String(from + limit) : null };
};
const find = (rows, id) => rows.find((row) => row.id === id);
const session = () => ({ access_token: randomUUID(), expires_in: 900, user: data.me, organization: data.organization, role: "owner" });

function tell(type, payload) {
  position += 1;
  for (const socket of sockets) socket.send(JSON.stringify({ type, id: String(position), cursor: String(position), data: payload }));
}
function speak(conversation, message) {
  data.messages.get(conversation.id).push(message);
  Object.assign(conversation, { last_seq: message.seq, last_message: data.lastOf(message), last_message_at: message.sent_at, version: conversation.version + 1 });
  if (message.direction === "inbound") conversation.unread_count += 1;
  tell("new_message", { message, conversation });
}
function advance(message, status) {
  message.status = status;
  message.status_history.push({ status, at: new Date().toISOString() });
  tell("message_status", { message_id: message.id, conversation_id: message.conversation_id, status, status_history: [...message.status_history], error: null, external_id: message.external_id });
}

route("POST", "/api/v1/auth/refresh", () => (signedIn ? session() : [401, { code: "no_session", detail: "Log in." }]));
route("POST", "/api/v1/auth/(?:login|register|accept-invitation)", ({ body }) => {
  if (body.password === "wrong") return [401, { code: "wrong_credentials", detail: "This e-mail and password do not fit together." }];
  signedIn = true;
  return session();
});
route("POST", "/api/v1/auth/logout", () => ((signedIn = false), [204]));
route("POST", "/api/v1/auth/invitation", () => ({ email: "new@example.org", organization_name: "Harbour Books", role: "agent", has_account: false }));
route("POST", "/api/v1/auth/.*", () => [204]);
route("GET", "/api/v1/organizations", () => ({ data: [{ id: "o-1", name: "Harbour Books", role: "owner" }, { id: "o-2", name: "Second Hand", role: "agent" }] }));
route("GET", "/api/v1/organizations/current", () => data.organization);
route("PATCH", "/api/v1/organizations/current", ({ body }) => Object.assign(data.organization, body));
route("GET", "/api/v1/users", () => ({ data: data.members, next_cursor: null }));
route("POST", "/api/v1/users", ({ body }) => (body.email.includes("@") ? [201, { id: "u-9", token: "secret-token" }] : [422, { code: "invalid", detail: "Some fields are not valid.", errors: [{ field: "email", detail: "This is not an e-mail address." }] }]));
route("GET", "/api/v1/users/me", () => data.members[0]);
route("PATCH", "/api/v1/users/{id}", ({ id, body }) => Object.assign(find(data.members, id) ?? data.members[0], body));
for (const name of ["teams", "labels", "integrations"]) {
  const rows = data[name];
  route("GET", `/api/v1/${name}`, () => ({ data: rows, next_cursor: null }));
  route("POST", `/api/v1/${name}`, ({ body }) => {
    const made = { version: 1, ...body, id: randomUUID(), ...(name === "integrations" ? { status: "active", webhook_url: "https://hub.example.org/webhooks/new" } : {}) };
    rows.push(made);
    return [201, made];
  });
  route("GET", `/api/v1/${name}/{id}`, ({ id }) => find(rows, id));
  route("PATCH", `/api/v1/${name}/{id}`, ({ id, body }) => Object.assign(find(rows, id), body));
  route("DELETE", `/api/v1/${name}/{id}`, ({ id }) => (rows.splice(rows.findIndex((row) => row.id === id), 1), [204]));
}
route("POST", "/api/v1/integrations/{id}/test", ({ id }) => ({ checks: find(data.integrations, id).checks ?? [{ name: "token", ok: true, detail: "The token works." }, { name: "webhook", ok: true, detail: "Callbacks arrive at the right address." }, { name: "permissions", ok: false, detail: "The token lacks whatsapp_business_management; templates cannot be fetched." }] }));
route("POST", "/api/v1/integrations/{id}/pause", ({ id }) => Object.assign(find(data.integrations, id), { status: "paused" }));
route("POST", "/api/v1/integrations/{id}/resume", ({ id }) => Object.assign(find(data.integrations, id), { status: "active" }));
route("(?:GET|POST)", "/api/v1/integrations/{id}/templates(?:/sync)?", () => ({ data: data.templates }));
route("GET", "/api/v1/channels", () => ({ data: data.channels }));
route("GET", "/api/v1/conversations/counts", () => {
  const of = (test) => ({ conversations: data.conversations.filter(test).length, unread: data.conversations.filter((one) => test(one) && one.unread_count).length });
  const open = (one) => one.status === "open";
  const by = (rows, test) => Object.fromEntries(rows.map((row) => [row.id, of((one) => open(one) && test(one, row.id))]));
  return { all: of(open), mine: of((one) => open(one) && one.assignee_id === "u-1"), unassigned: of((one) => open(one) && !one.assignee_id), mentions: 1, statuses: { snoozed: of((one) => one.status === "snoozed") }, teams: by(data.teams, (one, id) => one.team_id === id), labels: by(data.labels, (one, id) => one.labels.includes(id)), channels: by(data.channels, (one, id) => one.channel === id) };
});
route("GET", "/api/v1/conversations", ({ url }) => {
  const want = (name) => url.searchParams.get(name);
  const rows = data.conversations.filter((one) => (!want("status") || want("status").split(",").includes(one.status)) && (!want("assignee_id") || (want("assignee_id") === "none" ? !one.assignee_id : one.assignee_id === want("assignee_id"))) && (!want("team_id") || one.team_id === want("team_id")) && (!want("label") || one.labels.includes(want("label"))) && (!want("channel") || one.channel === want("channel")) && (!want("unread") || one.unread_count > 0) && (!want("q") || one.contact.name.toLowerCase().includes(want("q").toLowerCase())));
  return page(rows.toSorted((a, b) => b.last_message_at.localeCompare(a.last_message_at)), url);
});
route("GET", "/api/v1/conversations/{id}", ({ id }) => find(data.conversations, id));
route("PATCH", "/api/v1/conversations/{id}", ({ id, body }) => {
  const conversation = Object.assign(find(data.conversations, id), body, { version: find(data.conversations, id).version + 1 });
  tell("conversation_updated", { conversation });
  return conversation;
});
route("POST", "/api/v1/conversations/{id}/read", ({ id, body }) => {
  const conversation = find(data.conversations, id);
  return Object.assign(conversation, { read_seq: body.seq, unread_count: body.seq < conversation.last_seq ? 1 : 0 });
});
route("POST", "/api/v1/conversations/{id}/unread", ({ id }) => Object.assign(find(data.conversations, id), { unread_count: 1 }));
route("GET", "/api/v1/conversations/{id}/messages", ({ id, url }) => page(data.messages.get(id).toReversed(), url));
route("POST", "/api/v1/conversations/{id}/messages", ({ id, body }) => {
  const conversation = find(data.conversations, id);
  if (body.text === "refuse") return [422, { code: "window_closed", detail: "The 24-hour window is closed. Send a template." }];
  const message = data.message(id, conversation.last_seq + 1, 0, { direction: body.note ? "internal" : "outbound", text: body.text ?? (body.template ? "Template" : ""), client_id: body.client_id, status: body.note ? null : "queued" });
  speak(conversation, message);
  if (!body.note) ["sending", "sent", "delivered", "read"].forEach((status, index) => setTimeout(() => advance(message, status), 500 * (index + 1)));
  if (!body.note) setTimeout(() => speak(conversation, data.message(id, conversation.last_seq + 1, 0, { text: "I see, thanks.", sender: { kind: "contact", id: conversation.contact.id, name: conversation.contact.name } })), 4000);
  return [201, message];
});
route("GET", "/api/v1/messages", ({ url }) => ({ data: [...data.messages.values()].flat().filter((one) => one.text.toLowerCase().includes(url.searchParams.get("q").toLowerCase())).slice(0, 30), next_cursor: null }));
const anyMessage = (id) => [...data.messages.values()].flat().find((one) => one.id === id);
route("PATCH", "/api/v1/messages/{id}", ({ id, body }) => Object.assign(anyMessage(id), body, { edited_at: new Date().toISOString() }));
route("DELETE", "/api/v1/messages/{id}", ({ id }) => Object.assign(anyMessage(id), { deleted_at: new Date().toISOString() }));
route("POST", "/api/v1/messages/{id}/reactions", ({ id, body }) => Object.assign(anyMessage(id), { reactions: body.emoji ? [{ emoji: body.emoji, by: "member", name: data.me.name }] : [] }));
route("POST", "/api/v1/messages/{id}/retry", ({ id }) => anyMessage(id));
route("GET", "/api/v1/contacts", ({ url }) => page(data.contacts.filter((one) => `${one.name} ${one.phone}`.toLowerCase().includes((url.searchParams.get("q") ?? "").toLowerCase())), url));
route("GET", "/api/v1/contacts/{id}", ({ id }) => find(data.contacts, id));
route("PATCH", "/api/v1/contacts/{id}", ({ id, body }) => {
  const contact = find(data.contacts, id);
  return body.version === contact.version ? Object.assign(contact, body, { version: contact.version + 1 }) : [409, { code: "version", detail: "It was changed meanwhile.", current: contact }];
});
route("GET", "/api/v1/contacts/{id}/conversations", ({ id }) => ({ data: data.conversations.filter((one) => one.contact.id === id), next_cursor: null }));
route("GET", "/api/v1/tasks", () => ({ data: [], next_cursor: null }));
route("GET", "/api/v1/callbacks", ({ url }) => page(data.callbacks.filter((one) => ["channel", "outcome", "integration_id"].every((name) => !url.searchParams.get(name) || one[name] === url.searchParams.get(name))), url));
route("POST", "/api/v1/callbacks/{id}/replay", ({ id }) => find(data.callbacks, id));
route("POST", "/api/v1/attachments", () => [201, { id: randomUUID(), kind: "image", file_name: "upload.png", mime: "image/png", size: 1000, width: 640, height: 480, state: "stored", error: null, thumbnail: true }]);
const picture = (seed) => `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"><rect width="800" height="600" fill="hsl(${seed} 40% 70%)"/><circle cx="400" cy="320" r="180" fill="hsl(${seed + 40} 50% 55%)"/></svg>`;
route("GET", "/api/v1/attachments/{id}", ({ id }) => [200, picture(parseInt(id.slice(0, 4), 16) % 360), "image/svg+xml"]);

async function answer(request, response) {
  const url = new URL(request.url, "http://localhost");
  if (!url.pathname.startsWith("/api/")) return file(url.pathname, response);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const isJson = request.headers["content-type"]?.includes("json");
  const body = isJson && chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {};
  for (const { method, pattern, handle } of routes) {
    const match = new RegExp(`^${method}$`).test(request.method) && pattern.exec(url.pathname);
    if (!match) continue;
    const result = handle({ url, body, id: match[1] && decodeURIComponent(match[1]) });
    const [status, content, type] = Array.isArray(result) ? result : result ? [200, result] : [404, { code: "not_found", detail: "There is no such thing." }];
    await new Promise((done) => setTimeout(done, Number(process.env.DELAY ?? 0)));
    response.writeHead(status, { "content-type": type ?? "application/json" }).end(type ? content : content && JSON.stringify(content));
    return;
  }
  response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ code: "not_found", detail: `No answer for ${request.method} ${url.pathname}` }));
}

function file(path, response) {
  const wanted = join(dist, path === "/playground" ? "playground.html" : path);
  const found = extname(path) && existsSync(wanted) ? wanted : join(dist, path === "/playground" ? "playground.html" : "index.html");
  response.writeHead(200, { "content-type": types[extname(found)] ?? "application/octet-stream", "content-security-policy": csp }).end(readFileSync(found));
}

const server = createServer((request, response) => void answer(request, response));
new WebSocketServer({ server, path: "/ws" }).on("connection", (socket) => {
  socket.on("message", (text) => {
    const { type, data: payload } = JSON.parse(text);
    if (type === "authenticate") {
      sockets.add(socket);
      socket.send(JSON.stringify({ type: "authenticated", cursor: String(position), data: { replayed: 0 } }));
    }
    if (type === "join_conversation" && payload.conversation_id === "c-0") {
      socket.send(JSON.stringify({ type: "presence", data: { conversation_id: "c-0", viewers: [{ user_id: "u-2", name: "Tomás Oliveira" }] } }));
      socket.send(JSON.stringify({ type: "user_typing", data: { conversation_id: "c-0", user_id: "u-2", name: "Tomás Oliveira", typing: true } }));
    }
  });
  socket.on("close", () => sockets.delete(socket));
});
server.listen(port, () => process.stdout.write(`http://localhost:${port}\n`));
