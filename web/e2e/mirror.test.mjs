// Colleagues who live in Slack: a conversation of another channel is followed there, and answered from its thread.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { act, caller, phone, startHub, until } from "./hub.mjs";

const vera = { id: "4917600004401", name: "Vera Mirror" };
let hub;
let browser;
let page;
let street;

const panel = () => page.locator("section", { has: page.getByRole("heading", { name: "Follow conversations here" }) });
const thread = () => street.getByRole("article", { name: /Vera Mirror/ });
const article = (text) => page.getByRole("article").filter({ hasText: text });

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  page = await openPage(browser, hub);
  await logIn(page);
  street = await openPage(browser, hub, { width: 1280, height: 900 });
  await street.goto("/playground");
  await street.getByRole("radio", { name: /slack$/ }).click();
  await street.getByRole("button", { name: "Be a colleague in the channel" }).click();
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

async function openPanel() {
  await page.goto("/settings/integrations");
  await page.getByRole("link", { name: /Slack/ }).click();
  await panel().getByLabel("Channel", { exact: true }).waitFor();
}

test("an admin chooses the channel of Slack, and whose conversations are followed there", async () => {
  await street.getByText("Nobody follows conversations here yet.", { exact: false }).waitFor();
  await openPanel();
  const save = panel().getByRole("button", { name: "Save" });
  assert.ok(await save.isDisabled(), "not before a channel is chosen");
  await panel().getByLabel("Channel", { exact: true }).selectOption({ label: "#support" });
  await panel().getByRole("checkbox", { name: "WhatsApp" }).check();
  await checkAccessible(page, "following conversations");
  await save.click();
  await page.getByText("Saved.").waitFor();
  await panel().getByRole("button", { name: "Stop following" }).waitFor();
  await panel().scrollIntoViewIfNeeded();
  await picture(page, "mirror-settings");
  await page.reload();
  await panel().getByRole("button", { name: "Stop following" }).waitFor();
  assert.ok(await panel().getByRole("checkbox", { name: "WhatsApp" }).isChecked());
});

test("a conversation becomes a thread, and the answer in it goes to the customer and stands in the inbox", async () => {
  await act(hub, vera, { type: "text", text: "Do you have the mirror in oak?" });
  await thread().getByText("Do you have the mirror in oak?").waitFor();
  await page.goto("/inbox");
  await page.locator("[data-conversation]", { hasText: "Vera Mirror" }).click();
  await article("Do you have the mirror in oak?").waitFor();
  await street.getByRole("combobox", { name: "Colleague" }).selectOption("Bruno Lima");
  await thread().getByRole("textbox", { name: "Reply in the thread" }).fill("In oak and in ash.");
  await thread().getByRole("button", { name: "Send the reply" }).click();
  await article("In oak and in ash.").getByText("Bruno Lima").waitFor();
  await article("In oak and in ash.").locator("[data-status=sent], [data-status=delivered], [data-status=read]").waitFor();
  await until(async () => (await phone(hub, vera)).some((one) => !one.from_customer && one.text === "In oak and in ash."));
});

test("what is written in the inbox stands in the thread, and a note stays among colleagues", async () => {
  await page.getByRole("textbox", { name: "Reply" }).fill("Oak is back in May.");
  await page.getByRole("textbox", { name: "Reply" }).press("Enter");
  await thread().getByText("Oak is back in May.", { exact: false }).waitFor();
  await thread().getByRole("textbox", { name: "Reply in the thread" }).fill("// she asked last year, too");
  await thread().getByRole("button", { name: "Send the reply" }).click();
  await page.getByRole("article", { name: /Note by Bruno Lima/ }).getByText("she asked last year, too").waitFor();
  assert.ok((await phone(hub, vera)).every((one) => !one.text.includes("last year")));
  await checkAccessible(street, "the channel in the playground");
  await picture(street, "mirror-room");
  await picture(page, "mirror-inbox");
});

test("other channels' conversations stay out, and following can be ended", async () => {
  await act(hub, { id: "700100900", name: "Tilda Telegram", username: "tilda" }, { type: "text", text: "Not for Slack" }, "telegram");
  await act(hub, vera, { type: "text", text: "And in walnut?" });
  await thread().getByText("And in walnut?").waitFor();
  assert.equal(await street.getByText("Not for Slack").count(), 0);
  await openPanel();
  await panel().getByRole("button", { name: "Stop following" }).click();
  await page.getByText("Conversations are no longer followed there.").waitFor();
  await panel().getByRole("button", { name: "Stop following" }).waitFor({ state: "detached" });
  const { data } = await (await caller(hub))("GET", "/integrations");
  const slack = data.find((one) => one.channel === "slack");
  await assert.rejects((await caller(hub))("GET", `/integrations/${slack.id}/mirror`), /404/);
  assert.deepEqual([...page.faults, ...street.faults], []);
});
