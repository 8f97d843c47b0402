// @vitest-environment jsdom
import { QueryClient } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";

import { contactKeys, patchContact } from "@/api/contacts";
import type { Contact, ContactChange } from "@/api/types";
import { changeContact } from "./change-contact";

vi.mock("@/api/contacts", async (original) => ({ ...(await original<object>()), patchContact: vi.fn() }));

const first = { id: "c1", name: "Ada", tags: [], attributes: { plan: "gold" }, version: 1 } as unknown as Contact;
let client: QueryClient;
let answers: ((change: ContactChange & { version?: number }) => void)[];
const shown = () => client.getQueryData<Contact>(contactKeys.one("c1"));
const told = () => vi.mocked(patchContact).mock.calls.map(([, change]) => change);

beforeEach(() => {
  client = new QueryClient();
  answers = [];
  vi.mocked(patchContact).mockImplementation((_, change) => new Promise((done) => answers.push((more) => done({ ...first, ...change, ...more }))));
});

test("quick changes are all shown at once, and each is told with the version that the one before made", async () => {
  const both = [changeContact(client, first, { tags: ["vip"] }), changeContact(client, first, { attributes: { plan: null } })];
  expect(shown()).toMatchObject({ tags: ["vip"], attributes: {} });
  await vi.waitFor(() => expect(told()).toEqual([{ tags: ["vip"], version: 1 }]));
  answers[0]?.({ version: 2 });
  await vi.waitFor(() => expect(told()[1]).toEqual({ attributes: { plan: null }, version: 2 }));
  expect(shown()).toMatchObject({ tags: ["vip"], attributes: {} });
  answers[1]?.({ tags: ["vip"], attributes: {}, version: 3 });
  await Promise.all(both);
  expect(shown()).toMatchObject({ tags: ["vip"], attributes: {}, version: 3 });
});

test("what is refused is taken back, and the next one is told all the same", async () => {
  vi.mocked(patchContact).mockRejectedValueOnce(new Error("no"));
  const refused = changeContact(client, first, { name: "Eve" });
  const taken = changeContact(client, first, { tags: ["vip"] });
  expect(shown()).toMatchObject({ name: "Eve", tags: ["vip"] });
  await expect(refused).rejects.toThrow("no");
  expect(shown()).toMatchObject({ name: "Ada", tags: ["vip"] });
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  answers[0]?.({ version: 2 });
  await taken;
  expect(shown()).toMatchObject({ name: "Ada", tags: ["vip"], version: 2 });
});
