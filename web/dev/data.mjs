// Sample data for working on the screens without a hub.
import { randomUUID } from "node:crypto";

const minute = 60_000;
const now = Date.now();
const iso = (ago) => new Date(now - ago).toISOString();

export const me = { id: "u-1", name: "Ada Byron", email: "ada@example.org" };
export const organization = { id: "o-1", name: "Harbour Books", agents_see_all: false, send_read_receipts: true, send_typing: true, search_language: "english", single_thread: true, version: 1 };

const member = (id, name, role, more = {}) => ({ id, name, email: `${id}@example.org`, role, deactivated_at: null, teams: [], ...more });
export const members = [member("u-1", me.name, "owner"), member("u-2", "Tomás Oliveira", "agent"), member("u-3", "Mei-Ling Chen", "manager"), member("u-4", "Wanda Kowalczyk-Brzęczyszczykiewicz", "agent"), member("u-5", "Old Hand", "agent", { deactivated_at: iso(1e9) })];
export const teams = [
  { id: "t-1", name: "Orders", description: "Everything about deliveries", members: members.slice(0, 2), version: 1 },
  { id: "t-2", name: "Wholesale", description: "", members: members.slice(2, 4), version: 1 },
];
const colours = ["red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "grey"];
export const labels = ["VIP", "Refund", "Late delivery", "Gift", "School", "Reading club", "Invoice"].map((name, index) => ({ id: `l-${index}`, name, color: colours[index], version: 1 }));

const field = (name, label, help, more = {}) => ({ name, label, kind: "text", required: true, secret: false, help, ...more });
const media = (kinds) => kinds.map((kind) => ({ kind, mime: [kind === "document" ? "*" : `${kind}/*`], max_bytes: kind === "document" ? 100e6 : 16e6, caption: true }));
const base = { attachments_per_message: 1, reply: true, contacts: true, location: true, read_receipts: true, typing: true, statuses: true, groups: false, rate_per_second: 80, can_start: "with_template", transport: "webhook" };
export const channels = [
  {
    id: "whatsapp", name: "WhatsApp",
    abilities: { ...base, text: { max: 4096, caption_max: 1024, unit: "characters", markup: "whatsapp" }, media: media(["image", "video", "audio", "document"]), reactions: "any", edit_seconds: null, delete_seconds: null, buttons: { max: 3, title_max: 20, id_max: 256, body_max: 1024, url: false }, list: null, templates: true, window_hours: 24 },
    account_form: [field("phone_number_id", "Phone number id", "WhatsApp Manager, API setup."), field("business_account_id", "Business account id", "WhatsApp Manager, API setup."), field("access_token", "Access token", "A system user's token with whatsapp_business_messaging.", { secret: true }), field("app_secret", "App secret", "App dashboard, basic settings.", { secret: true }), field("verify_token", "Verify token", "Made by Switchboard when left empty.", { required: false, secret: true })],
  },
  {
    id: "telegram", name: "Telegram",
    abilities: { ...base, text: { max: 4096, caption_max: 1024, unit: "utf16", markup: "telegram_html" }, media: media(["image", "video", "audio", "document"]), attachments_per_message: 10, reactions: { listed: ["👍", "❤️", "🔥", "🎉", "😢"] }, edit_seconds: 172800, delete_seconds: 172800, buttons: { max: 100, title_max: 64, id_max: 64, body_max: 4096, url: true }, list: null, templates: false, window_hours: null, read_receipts: false, statuses: false },
    account_form: [field("bot_token", "Bot token", "From @BotFather.", { secret: true }), field("secret_token", "Secret token", "Made by Switchboard when left empty.", { required: false, secret: true })],
  },
];
export const integrations = [
  { id: "i-1", channel: "whatsapp", name: "Shop line", status: "active", webhook_url: "https://hub.example.org/webhooks/whatsapp/i-1", account: { phone_number_id: "10987654321", business_account_id: "123456", access_token: "••••", app_secret: "••••" }, fault: null, checks: null, checked_at: null, templates_synced_at: iso(3 * 3600e3), last_inbound_at: iso(2 * minute), last_outbound_at: iso(5 * minute), version: 1, created_at: iso(1e10) },
  { id: "i-2", channel: "telegram", name: "Reading club bot", status: "broken", webhook_url: "https://hub.example.org/webhooks/telegram/i-2", account: { bot_token: "••••" }, fault: { code: "account_broken", detail: "Telegram refuses the bot token.", next_step: "Make a new one with @BotFather and put it in here." }, checks: [{ name: "token", ok: false, detail: "Telegram refuses the bot token." }, { name: "webhook", ok: true, detail: "Telegram calls the right address." }], checked_at: iso(4 * 3600e3), templates_synced_at: null, last_inbound_at: iso(26 * 3600e3), last_outbound_at: null, version: 1, created_at: iso(1e10) },
];
export const templates = [
  { external_id: "1", name: "order_ready", language: "en", category: "utility", status: "approved", header: { format: "text", text: "Order {{1}}", parameters: ["1"] }, body: "Hello {{1}}, your order is ready to be picked up at {{2}}.", footer: "Harbour Books", buttons: [{ kind: "url", text: "See it", url: "https://example.org/o/{{1}}", parameter: true }, { kind: "quick_reply", text: "Thank you", url: null, parameter: false }], parameters: ["1", "2"] },
  { external_id: "2", name: "we_are_back", language: "pt_BR", category: "marketing", status: "approved", header: null, body: "Olá! Estamos de volta. Podemos ajudar em algo?", footer: null, buttons: [], parameters: [] },
  { external_id: "3", name: "pending_one", language: "en", category: "marketing", status: "pending", header: null, body: "Not yet", footer: null, buttons: [], parameters: [] },
];

const names = ["Greta Lindqvist", "Yusuf Adeyemi", "مريم الخطيب", "Linh Trần", "Jürgen Müller-Lüdenscheidt von und zu Hohenlohe", "+49 151 2345678", "Priya Raghunathan", "Émile Girard", "Sofía Hernández", "O’Neill", "李小龍", "Kwame Mensah", "Anna", "Bjørn Østergård", "Chloé Dubois", "Dmitri Volkov"];
const lines = ["Do you have the new Ferrante in paperback?", "My parcel has not arrived yet", "Thank you so much!", "Could you wrap it as a gift? It is for my sister's birthday on Saturday, so it should arrive on Friday at the latest.", "👍", "I would like to return one book", "Is the shop open on Sunday?", "Here is the photo", "هل الكتاب متوفر؟", "OK"];

export const contacts = Array.from({ length: 60 }, (_, index) => ({
  id: `p-${index}`,
  name: names[index] ?? `${names[index % 9]} ${index}`,
  phone: `+49151${String(1000000 + index * 7919)}`,
  email: index % 3 ? `customer${index}@example.org` : null,
  username: null,
  language: index % 4 ? "en" : "de",
  identities: [{ channel: index % 3 ? "whatsapp" : "telegram", kind: "phone", external_id: `49151${1000000 + index * 7919}` }],
  attributes: index % 2 ? { plan: "Reader", birthday: "4 March", orders: 12 } : {},
  tags: [],
  blocked: index === 9,
  reachable: true,
  is_group: false,
  version: 1,
  created_at: iso(index * 1e8),
}));

export const messages = new Map();
export const conversations = contacts.map((contact, index) => make(contact, index));

function make(contact, index) {
  const channel = index % 3 ? "whatsapp" : "telegram";
  const id = `c-${index}`;
  const list = index === 0 ? everything(id, contact) : chat(id, contact, 4 + ((index * 37) % 140), index);
  messages.set(id, list);
  const last = list[list.length - 1];
  const unread = index % 4 === 1 ? 1 + (index % 3) : 0;
  return {
    id, channel, integration_id: channel === "whatsapp" ? "i-1" : "i-2", contact: pick(contact),
    status: index % 11 === 10 ? "snoozed" : index % 7 === 6 ? "closed" : "open",
    assignee_id: [null, "u-1", "u-2", null, "u-4"][index % 5], team_id: index % 6 === 2 ? "t-1" : null,
    labels: index === 3 ? labels.map((label) => label.id) : index % 3 === 1 ? [labels[index % labels.length].id] : [],
    priority: index === 2 ? "urgent" : index === 5 ? "high" : "none", snoozed_until: index % 11 === 10 ? new Date(now + 7200e3).toISOString() : null,
    unread_count: unread, last_seq: last.seq, read_seq: last.seq - unread, last_message: lastOf(last), last_message_at: last.sent_at,
    window_closes_at: channel === "whatsapp" ? (index === 4 ? iso(3600e3) : index === 1 ? new Date(now + 50 * minute).toISOString() : new Date(now + 19 * 3600e3).toISOString()) : null,
    version: 1, created_at: list[0].sent_at,
  };
}

export function pick({ id, name, phone, email, username, blocked, reachable, is_group }) {
  return { id, name, phone, email, username, blocked, reachable, is_group };
}
export function lastOf({ id, seq, direction, kind, text, sender, status }) {
  return { id, seq, direction, kind, text: text.slice(0, 200), sender_name: sender.name, status };
}

export function message(conversation, seq, ago, more) {
  const out = more.direction === "outbound";
  const status = more.status ?? (out ? "read" : null);
  return {
    id: randomUUID(), seq, conversation_id: conversation, direction: "inbound", kind: "text", text: "", parts: [], attachments: [], reactions: [], reply_to: null,
    sender: out || more.direction === "internal" ? { kind: "member", id: me.id, name: me.name } : { kind: "contact", id: "p", name: "Customer" },
    status_history: status ? [{ status: "queued", at: iso(ago) }, { status, at: iso(ago - 2000) }] : [], error: null, external_id: `x-${seq}`, client_id: null, album: null, forwarded: false, late: false,
    sent_at: iso(ago), created_at: iso(ago), edited_at: null, deleted_at: null, ...more, status,
  };
}

function chat(id, contact, length, seed) {
  const sender = { kind: "contact", id: contact.id, name: contact.name };
  return Array.from({ length }, (_, index) => {
    const ago = seed * 41 * minute + (length - index) * (index % 5 ? 2 : 300) * minute;
    const out = (index + seed) % 3 === 0;
    const text = lines[(index * 7 + seed) % lines.length];
    return message(id, index + 1, ago, out ? { direction: "outbound", text: `About that: ${text.toLowerCase()}`, status: index === length - 1 ? "delivered" : "read" } : { text, sender });
  });
}

function everything(id, contact) {
  const sender = { kind: "contact", id: contact.id, name: contact.name };
  const file = (kind, more = {}) => ({ id: randomUUID(), kind, file_name: null, mime: null, size: 184_320, width: null, height: null, duration_seconds: null, state: "stored", error: null, thumbnail: kind === "image", ...more });
  const list = [
    { text: "Hello, I ordered *three books* last week and _one_ is missing. The order is https://example.org/orders/1234.", sender },
    { text: "This is a long message. ".repeat(40), sender },
    { kind: "system", text: "Ada Byron took the conversation", direction: "internal", sender: { kind: "system", id: null, name: null } },
    { direction: "outbound", text: "Good morning Greta, let me look.", status: "read" },
    { direction: "outbound", text: "Which one is it?", status: "read", reactions: [{ emoji: "👍", by: "contact", name: contact.name }] },
    { direction: "internal", text: "@Tomás Oliveira can you check the warehouse? Looks like the second parcel of last week." },
    { kind: "image", attachments: [file("image", { width: 1200, height: 900, file_name: "shelf.jpg" })], text: "This shelf", sender },
    { kind: "image", attachments: Array.from({ length: 4 }, (_, n) => file("image", { width: 800, height: 600, file_name: `p${n}.jpg` })), sender },
    { kind: "audio", attachments: [file("voice", { duration_seconds: 17 })], sender },
    { kind: "document", attachments: [file("document", { file_name: "Invoice 2026-0311 with a rather long name.pdf", mime: "application/pdf" })], sender },
    { kind: "document", attachments: [file("document", { state: "failed", error: "WhatsApp no longer has the file: it is older than 30 days." })], sender },
    { kind: "location", text: "Harbour Books", parts: [{ type: "location", latitude: 53.54, longitude: 9.98, name: "Harbour Books", address: "Am Sandtorkai 1, Hamburg", live: false }], sender },
    { kind: "contacts", text: "Lisa", parts: [{ type: "contact", name: "Lisa Meitner", phones: ["+49 40 123456"], emails: ["lisa@example.org"], organization: "Physics GmbH" }], sender },
    { kind: "unsupported", text: "", parts: [{ type: "unsupported", what: "poll", detail: null }], sender },
    { kind: "interactive", direction: "outbound", text: "How should it be delivered?", parts: [{ type: "buttons", list: false, buttons: [{ id: "a", title: "Pick up" }, { id: "b", title: "By post" }] }], status: "read" },
    { kind: "interactive", text: "By post", parts: [{ type: "choice", id: "b", title: "By post", description: null }], sender },
    { text: "عندي سؤال عن الطلب رقم 1234 هل يمكن تغييره؟", sender, forwarded: true },
    { direction: "outbound", text: "This did not go out.", status: "failed", error: { code: "window_closed", detail: "WhatsApp refused this message: more than 24 hours since Greta wrote.", next_step: "Send a template instead." } },
    { direction: "outbound", text: "Sent by Tomás", sender: { kind: "member", id: "u-2", name: "Tomás Oliveira" }, status: "delivered" },
    { text: "Deleted", deleted_at: iso(0), sender },
    { text: "Thank you!", sender, edited_at: iso(0) },
  ];
  const total = list.length;
  const out = list.map((more, index) => message(id, index + 1, (total - index) * 9 * minute, more));
  out[5].reply_to = null;
  const answer = message(id, total + 1, 2 * minute, { direction: "outbound", text: "It is on its way. *Tracking* follows.", status: "sent", reply_to: { id: out[0].id, external_id: out[0].external_id, text: out[0].text, sender_name: contact.name } });
  return [...out, answer];
}

export const callbacks = Array.from({ length: 80 }, (_, index) => ({
  id: `cb-${index}`, channel: index % 3 ? "whatsapp" : "telegram", integration_id: index % 3 ? "i-1" : "i-2", received_at: iso(index * 7 * minute),
  verdict: index % 13 === 12 ? "replayed" : "verified", outcome: ["stored", "stored", "repeated", "stored", "ignored", "failed"][index % 6], error: index % 6 === 5 ? "The message named a contact that could not be read." : null,
  events: [{ type: "message", external_id: `wamid.${index}`, conversation_id: "c-0", effect: "stored" }],
  request: { method: "POST", query: [], headers: { "content-type": "application/json", "x-hub-signature-256": "(removed)" }, body: { object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value: { messages: [{ from: "49151", text: { body: "Hello" } }] } }] }] } },
}));
