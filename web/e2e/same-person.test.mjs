// One person on two channels: found by the same number or address, joined or told apart by an agent.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, settled, startBrowser } from "./browser.mjs";
import { act, caller, startHub } from "./hub.mjs";
import { customer } from "./world.mjs";

let hub;
let browser;
let page;
let call;

const row = (name) => page.locator("[data-conversation]", { hasText: name }).first();
const panel = () => page.getByRole("complementary", { name: "Contact" });
const found = () => panel().locator("section", { has: page.getByRole("heading", { name: "Might be the same person" }) });
const contactOf = async (channel, name) => (await call("GET", `/conversations?channel=${channel}&limit=100`)).data.find((one) => one.contact.name === name).contact;

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  call = await caller(hub);
  page = await openPage(browser, hub);
  await logIn(page);
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("the same number on two channels is suggested while somebody looks, and merging makes one timeline", async () => {
  const texting = await customer(hub, "sms", "Rosa Keller", "4917600007701");
  await act(hub, { id: "4917600007701", name: "Rosa Keller" }, { type: "text", text: "Is the tent still there?" });
  await page.goto("/inbox");
  await row("Rosa Keller").click();
  await panel().getByRole("heading").getByText("Rosa Keller").waitFor();
  assert.equal(await found().count(), 0, "nobody else has this number yet");
  await act(hub, texting, { type: "text", text: "It is me again, by text" }, "sms");
  await found().getByText("Same phone +4917600007701").waitFor();
  await checkAccessible(page, "a suggestion");
  await picture(page, "same-person");
  await found().getByRole("button", { name: /Merge .* into this contact/ }).click();
  await found().waitFor({ state: "detached" });
  for (const name of ["WhatsApp", "SMS"]) await panel().getByText(name, { exact: true }).waitFor();
  const line = panel().getByRole("list", { name: "Timeline" });
  await line.getByRole("link", { name: /on WhatsApp: Is the tent still there/ }).waitFor();
  await line.getByRole("link", { name: /on SMS: It is me again, by text/ }).click();
  await page.getByRole("article").filter({ hasText: "It is me again, by text" }).waitFor();
  await panel().getByRole("heading").getByText("Rosa Keller").waitFor();
  await picture(page, "same-person-merged");
});

test("while threads of the merged person are opened, no row covers another for a single frame", async () => {
  const texting = await customer(hub, "sms", "Rosa Keller", "4917600007701");
  for (let number = 0; number < 30; number++) {
    const text = `Line ${number} `.repeat(1 + ((number * 7) % 40));
    await act(hub, { id: "4917600007701", name: "Rosa Keller" }, { type: "text", text });
    await act(hub, texting, { type: "text", text }, "sms");
  }
  await page.evaluate(() => {
    window.frames = 0;
    window.covered = [];
    requestAnimationFrame(function look() {
      const rows = [...document.querySelectorAll("[role=log] [data-index], [aria-label=Conversations] li")].map((row) => [row.getBoundingClientRect(), row.textContent.slice(0, 20)]);
      const meet = ([a], [b]) => a.left < b.right && b.left < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom;
      for (const [index, row] of rows.entries()) for (const other of rows.slice(index + 1)) if (meet(row, other)) window.covered.push(`${row[1]} / ${other[1]}`);
      window.frames += rows.length > 0;
      requestAnimationFrame(look);
    });
  });
  for (const which of [0, 1, 0, 1]) {
    await page.locator("[data-conversation]", { hasText: "Rosa Keller" }).nth(which).click();
    await page.getByRole("article").filter({ hasText: /^Line/ }).first().waitFor();
    await settled(page);
  }
  assert.ok((await page.evaluate(() => window.frames)) > 10, "frames were looked at");
  assert.deepEqual(await page.evaluate(() => window.covered), []);
});

test("two who share an address are told apart for good", async () => {
  await act(hub, { id: "4917600007702", name: "Kim Berg" }, { type: "text", text: "About our order" });
  await act(hub, { id: "700100702", name: "Lee Berg", username: "lee" }, { type: "text", text: "About the same order" }, "telegram");
  const [kim, lee] = [await contactOf("whatsapp", "Kim Berg"), await contactOf("telegram", "Lee Berg")];
  for (const [{ id, version }, email] of [[kim, "office@berg.example"], [lee, "Office@Berg.example"]]) await call("PATCH", `/contacts/${id}`, { email, version });
  await page.goto("/inbox");
  await row("Kim Berg").click();
  await found().getByText("Same e-mail", { exact: false }).waitFor();
  await picture(page, "same-address");
  await found().getByRole("button", { name: "Lee Berg is not the same person" }).click();
  await found().waitFor({ state: "detached" });
  // Neither a reload, nor the other one's panel, nor the address written anew brings it back.
  await page.reload();
  await panel().getByRole("heading").getByText("Kim Berg").waitFor();
  await row("Lee Berg").click();
  await panel().getByRole("heading").getByText("Lee Berg").waitFor();
  const before = await call("GET", `/contacts/${lee.id}`);
  const without = await call("PATCH", `/contacts/${lee.id}`, { email: null, version: before.version });
  await call("PATCH", `/contacts/${lee.id}`, { email: "office@berg.example", version: without.version });
  await panel().getByText("office@berg.example").waitFor();
  assert.deepEqual((await call("GET", `/merge-suggestions?contact_id=${lee.id}`)).data, []);
  assert.equal(await found().count(), 0);
  assert.deepEqual(page.faults, []);
});
