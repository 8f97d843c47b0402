import { expect, it } from "vitest";

import type { Channel, Identity } from "./types";
import { knownAs, said, unsaid } from "./known-as";

const identity = (channel: string, external_id: string, told: string | null): Identity => ({ channel, kind: "k", external_id, opted_out_at: null, said: told });
const nobody = { phone: null, email: null, username: null, identities: [] as Identity[] };
const names = [{ id: "webchat", name: "Web chat" }, { id: "discord", name: "Discord" }] as Channel[];

it("says ids as people do, each once, and keeps inner numbers to itself", () => {
  const all = [identity("whatsapp", "4915", "+4915"), identity("whatsapp", "US.1205", null), identity("whatsapp", "4915x", "+4915"), identity("webchat", "8", "Signed in on your site as 8")];
  expect(said(all, "whatsapp")).toEqual(["+4915"]);
  expect(said(all, "webchat")).toEqual(["Signed in on your site as 8"]);
  expect(said(all, "sms")).toEqual([]);
  expect(unsaid(all, "whatsapp")).toEqual(["US.1205", "4915x"]);
  expect(unsaid(all, "webchat")).toEqual([]);
});

it("tells somebody by number, address, user name, what an id says, or where they write", () => {
  const chat = [identity("webchat", "8", "Signed in on your site as 8")];
  expect(knownAs({ ...nobody, phone: "+49151", identities: chat }, names)).toBe("+49151");
  expect(knownAs({ ...nobody, email: "a@b.example", identities: chat }, names)).toBe("a@b.example");
  expect(knownAs({ ...nobody, username: "ada", identities: chat }, names)).toBe("@ada");
  expect(knownAs({ ...nobody, identities: chat }, names)).toBe("Signed in on your site as 8");
  expect(knownAs({ ...nobody, identities: [identity("discord", "812345678901234567", null)] }, names)).toBe("Discord");
  expect(knownAs(nobody, undefined)).toBe("");
});
