import { describe, expect, it } from "vitest";

import type { Abilities, Contact, Conversation, Template } from "@/api/types";
import { barOf, optedOut } from "./barred";
import { counter, fileFit } from "./limits";
import { mentionAt, mentioned } from "./mentions";
import { blanksOf, complete, filled, templateRequest } from "./template-values";
import { windowNow } from "./window";

const abilities = {
  text: { max: 10, caption_max: 5, unit: "utf16", markup: "plain" },
  media: [
    { kind: "image", mime: ["image/jpeg", "image/png"], max_bytes: 5_000_000, caption: true },
    { kind: "voice", mime: ["audio/ogg"], max_bytes: 16_000_000, caption: false },
    { kind: "audio", mime: ["audio/*"], max_bytes: 16_000_000, caption: false },
    { kind: "document", mime: ["application/pdf", "image/png"], max_bytes: 100_000_000, caption: true },
  ],
} as unknown as Abilities;

describe("the window", () => {
  const now = Date.UTC(2026, 0, 1, 12);
  const inHours = (hours: number) => new Date(now + hours * 3_600_000).toISOString();

  it("is none where the channel has none, whatever else is said", () => {
    expect(windowNow(null, null, now)).toEqual({ state: "none" });
  });
  it("counts down, and warns in its last two hours", () => {
    expect(windowNow(24, inHours(5), now)).toEqual({ state: "open", left: 5 * 3_600_000, closing: false });
    expect(windowNow(24, inHours(1), now)).toMatchObject({ closing: true });
  });
  it("is closed when it has passed, at its very end, and before the customer has written", () => {
    expect(windowNow(24, inHours(-1), now)).toEqual({ state: "closed" });
    expect(windowNow(24, inHours(0), now)).toEqual({ state: "closed" });
    expect(windowNow(24, null, now)).toEqual({ state: "closed" });
  });
});

describe("the counter", () => {
  it("counts as the platform does", () => {
    expect(counter("😀😀", abilities, false, false).length).toBe(4);
    expect(counter("😀😀", { ...abilities, text: { ...abilities.text, unit: "characters" } }, false, false).length).toBe(2);
  });
  it("shows itself in the last tenth and says when it is too much", () => {
    expect(counter("123456789", abilities, false, false)).toMatchObject({ shown: false, over: false });
    expect(counter("1234567890", abilities, false, false)).toMatchObject({ shown: true, over: false });
    expect(counter("12345678901", abilities, false, false)).toMatchObject({ over: true });
  });
  it("takes the caption's limit beside files, and a note's own", () => {
    expect(counter("123456", abilities, false, true)).toMatchObject({ max: 5, over: true });
    expect(counter("12345678901", abilities, true, false).over).toBe(false);
  });
});

describe("a file", () => {
  const file = (name: string, type: string, size: number) => fileFit({ name, type, size }, abilities, "WhatsApp");

  it("becomes what the channel takes it as", () => {
    expect(file("a.jpg", "image/jpeg", 1000)).toEqual({ kind: "image" });
    expect(file("a.ogg", "audio/ogg; codecs=opus", 1000)).toEqual({ kind: "audio" });
    expect(file("a.png", "image/png", 9_000_000)).toEqual({ kind: "document" });
  });
  it("is refused with the reason and the limit", () => {
    expect(file("a.jpg", "image/jpeg", 9_000_000)).toEqual({ refusal: "a.jpg is 9.0 MB; WhatsApp takes up to 5.0 MB." });
    expect(file("a.exe", "", 10)).toEqual({ refusal: "WhatsApp does not take files like a.exe." });
  });
});

describe("mentions", () => {
  const people = [{ id: "1", name: "Ann" }, { id: "2", name: "Ann Smith" }, { id: "3", name: "Åse" }];

  it("are found behind an @ that begins a word", () => {
    expect(mentionAt("hi @An", 6)).toEqual({ start: 3, query: "An" });
    expect(mentionAt("mail@example", 12)).toBeUndefined();
    expect(mentionAt("@", 1)).toEqual({ start: 0, query: "" });
  });
  it("mean the longest name that stands there", () => {
    expect(mentioned("@Ann Smith, look", people)).toEqual(["2"]);
    expect(mentioned("@Ann and @Åse", people).toSorted()).toEqual(["1", "3"]);
  });
});

describe("a template", () => {
  const template: Template = {
    external_id: "1", name: "order_ready", language: "en", category: "utility", status: "approved",
    header: { format: "text", text: "Order {{1}}", parameters: ["1"] },
    body: "Hello {{ name }}, at {{place}}.", footer: null,
    buttons: [{ kind: "quick_reply", text: "Thanks", url: null, parameter: false }, { kind: "url", text: "See", url: "https://x/{{1}}", parameter: true }],
    parameters: ["name", "place"],
  };
  const blanks = { "header.1": "42", "body.name": " Ada ", "body.place": "Hamburg", "button.1": "abc" };

  it("asks for its blanks in reading order and for nothing else", () => {
    expect(blanksOf(template).map((blank) => blank.key)).toEqual(["header.1", "body.name", "body.place", "button.1"]);
  });
  it("shows what is filled in and keeps the braces of what is not", () => {
    expect(filled(template.body, "body", { "body.name": "Ada" })).toBe("Hello Ada, at {{place}}.");
  });
  it("is complete when no blank is empty", () => {
    expect(complete(template, blanks)).toBe(true);
    expect(complete(template, { ...blanks, "body.place": "  " })).toBe(false);
  });
  it("is sent in the server's words", () => {
    expect(templateRequest(template, blanks)).toEqual({
      name: "order_ready",
      language: "en",
      header: [{ name: "1", type: "text", text: "42" }],
      body: [{ name: "name", type: "text", text: "Ada" }, { name: "place", type: "text", text: "Hamburg" }],
      buttons: [{ index: 1, type: "url", suffix: "abc" }],
    });
  });
});

describe("what bars a reply", () => {
  const conversation = { channel: "sms", contact: { blocked: false, reachable: true } } as Conversation;
  const identity = (channel: string, opted_out_at?: string) => ({ channel, external_id: "+49151", opted_out_at: opted_out_at ?? null });
  const contact = (...identities: ReturnType<typeof identity>[]) => ({ identities }) as unknown as Contact;
  const open = { state: "none" } as const;

  it("is nothing while nobody objects", () => {
    expect(barOf(conversation, contact(identity("sms")), abilities, open)).toBeUndefined();
    expect(barOf(conversation, undefined, undefined, open)).toBeUndefined();
    expect(barOf(conversation, contact(identity("sms")), abilities, { state: "closed" })).toBe("window");
  });
  it("is the customer's STOP, on this channel and at all of their addresses there", () => {
    const stopped = identity("sms", "2026-01-01T00:00:00Z");
    expect(barOf(conversation, contact(stopped), abilities, open)).toBe("opted_out");
    expect(optedOut(contact(stopped, identity("sms")), "sms")).toBeUndefined();
    expect(optedOut(contact(identity("whatsapp", "2026-01-01T00:00:00Z"), identity("sms")), "sms")).toBeUndefined();
  });
  it("is a block on either side, and a channel that carries no texts", () => {
    expect(barOf({ ...conversation, contact: { ...conversation.contact, blocked: true } }, undefined, abilities, open)).toBe("blocked");
    expect(barOf({ ...conversation, contact: { ...conversation.contact, reachable: false } }, undefined, abilities, open)).toBe("unreachable");
    expect(barOf(conversation, undefined, { ...abilities, text: { ...abilities.text, max: 0 }, media: [] }, open)).toBe("no_texts");
  });
});
