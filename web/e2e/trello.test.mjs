// A board of Trello and a board of deals: connected by hand, and in step from then on, both ways.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { caller, startHub, until } from "./hub.mjs";

let hub;
let browser;
let page;
let call;

const dialog = () => page.getByRole("dialog");

/** What stands at the played Trello. */
async function board() {
  return (await fetch(`${hub.url}/playground/api/board`)).json();
}

async function atTrello(path, body) {
  const answer = await fetch(`${hub.url}/playground/api/board${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(answer.status, 200);
  return answer.json();
}

const card = async (name) => (await board()).cards.find((one) => one.name === name);
const deal = (title, stage) => page.getByRole("region", { name: stage, exact: true }).locator("[data-deal]").filter({ hasText: title });

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  call = await caller(hub);
  page = await openPage(browser, hub);
  await logIn(page);
  await until(async () => (await call("GET", "/pipelines")).data.length > 0);
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("an admin connects a board, and its cards become deals", async () => {
  await atTrello("/cards", { list: "New", name: "Six tents for the scouts" });
  await page.goto("/settings/trello");
  await page.getByRole("button", { name: "Connect a board" }).first().click();
  const { account } = await board();
  await dialog().getByLabel("API key").fill(account.api_key);
  await dialog().getByLabel("Token").fill(account.token);
  await dialog().getByLabel(/secret/i).fill(account.api_secret);
  const address = dialog().getByLabel("API address");
  if (!(await address.isVisible())) await dialog().getByText(/more|advanced/i).first().click();
  await address.fill(account.api_base_url);
  await picture(page, "trello-token");
  await checkAccessible(page, "connecting Trello");
  await dialog().getByRole("button", { name: "Show my boards" }).click();
  await dialog().getByLabel("Board", { exact: true }).waitFor();
  const takeOver = dialog().getByRole("switch", { name: /Take over the open cards/ });
  if ((await takeOver.getAttribute("aria-checked")) !== "true") await takeOver.click();
  await picture(page, "trello-lists");
  await checkAccessible(page, "which list is which stage");
  await dialog().getByRole("button", { name: "Connect Northwind" }).click();
  await dialog().waitFor({ state: "detached" });
  await page.getByRole("list", { name: "Lists" }).getByText("Offer sent").first().waitFor();
  await picture(page, "trello-connected");
  await checkAccessible(page, "boards of Trello");
  await page.goto("/deals");
  await deal("Six tents for the scouts", "New").waitFor();
});

test("a card that is moved there is moved here, without a reload", async () => {
  const { id } = await card("Six tents for the scouts");
  await atTrello(`/cards/${id}`, { list: "Offer sent" });
  await deal("Six tents for the scouts", "Offer sent").waitFor();
  await picture(page, "trello-moved");
});

test("a deal that is made and moved here is a card there", async () => {
  const pipeline = (await call("GET", "/pipelines")).data[0];
  const stage = (name) => pipeline.stages.find((one) => one.name === name).id;
  const made = await call("POST", "/deals", { title: "A stove for the hut", stage_id: stage("New") });
  await until(async () => (await card("A stove for the hut"))?.list === "New");
  await call("PATCH", `/deals/${made.id}`, { stage_id: stage("Won") });
  await until(async () => (await card("A stove for the hut"))?.list === "Won");
  await deal("A stove for the hut", "Won").waitFor();
  assert.equal((await board()).cards.filter((one) => one.name === "A stove for the hut").length, 1);
  assert.deepEqual(page.faults, []);
});

test("Trello's page on a phone", async () => {
  const phone = await openPage(browser, hub, { width: 390, height: 844, theme: "dark" });
  await logIn(phone);
  await phone.goto("/settings/trello");
  await phone.getByRole("list", { name: "Lists" }).waitFor();
  await picture(phone, "trello-phone");
  await checkAccessible(phone, "boards of Trello on a phone");
});
