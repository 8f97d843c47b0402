// What stands around the deals: views of the board, fields with a type, files, companies.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { caller, startHub, until } from "./hub.mjs";

let hub;
let browser;
let page;
let call;
let board;

const column = (name) => page.getByRole("region", { name, exact: true });
const cards = () => page.locator("[data-deal]");
const tabs = (where = page) => where.getByRole("navigation", { name: "Which deals" });
const panel = (where = page) => where.getByRole("complementary", { name: "Deal", exact: true });
const stage = (name) => board.stages.find((one) => one.name === name).id;
const make = (deal) => call("POST", "/deals", deal);

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  call = await caller(hub);
  page = await openPage(browser, hub);
  await logIn(page);
  await until(async () => (await call("GET", "/pipelines")).data.length > 0);
  board = (await call("GET", "/pipelines")).data[0];
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("the board is narrowed, and the address keeps how", async () => {
  await make({ title: "Sold tent", tags: ["vip"], stage_id: stage("Won"), value: { minor: 90_000, currency: "USD" } });
  await make({ title: "Tagged tent", tags: ["vip"], value: { minor: 5_000, currency: "USD" }, expected_close: "2030-01-01", owner_id: null });
  await page.goto("/deals");
  await cards().filter({ hasText: "Sold tent" }).waitFor();
  const all = await cards().count();
  await page.getByRole("button", { name: "Filter" }).click();
  const filter = page.getByRole("group", { name: "Filter" });
  await filter.getByLabel("Tag").fill("vip");
  await until(async () => (await cards().count()) === 2);
  assert.ok(all > 2);
  await filter.getByLabel("Worth at least, USD").fill("100");
  await until(async () => (await cards().count()) === 1);
  await column("Won").getByText("$900").first().waitFor();
  await filter.getByLabel("Worth at least, USD").fill("");
  await filter.getByLabel("Owner is").selectOption({ label: "Nobody" });
  await cards().filter({ hasText: "Tagged tent" }).waitFor();
  await until(async () => (await cards().count()) === 1);
  await filter.getByLabel("Closes", { exact: true }).selectOption({ label: "Before a day…" });
  await filter.getByLabel("Closes before").fill("2030-01-01");
  await until(async () => (await cards().count()) === 0);
  await filter.getByLabel("Closes before").fill("2030-01-02");
  await until(async () => (await cards().count()) === 1);
  await checkAccessible(page, "the board with a filter");
  await picture(page, "sales-filter");
  await page.reload();
  await until(async () => (await cards().count()) === 1);
  assert.equal(await filter.getByLabel("Tag").inputValue(), "vip");
  await filter.getByRole("button", { name: "Clear" }).click();
  await until(async () => (await cards().count()) === all);
  assert.equal(await filter.getByLabel("Tag").inputValue(), "");
});

test("a view is saved for everybody, changed, and seen by others at once", async () => {
  const other = await openPage(browser, hub);
  await logIn(other);
  await other.goto("/deals");
  await page.goto("/deals?shape=table&order=value&status=won");
  await page.getByRole("button", { name: "Save as a view" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("What we won");
  await dialog.getByRole("switch", { name: "For everybody" }).click();
  await checkAccessible(page, "a new view");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  const tab = tabs().getByRole("link", { name: "What we won" });
  await until(async () => (await tab.getAttribute("aria-current")) === "page");
  await tabs(other).getByRole("link", { name: "What we won" }).click();
  const rows = other.getByRole("list", { name: "Deals", exact: true }).getByRole("listitem");
  await rows.filter({ hasText: "Sold tent" }).waitFor();
  assert.equal(await rows.filter({ hasText: "Tagged tent" }).count(), 0);

  await page.getByLabel("Tag").fill("vip");
  await page.getByRole("button", { name: "Save changes" }).click();
  await until(async () => (await call("GET", "/deal-views")).data[0].look.tag === "vip");
  await page.getByRole("button", { name: "Save changes" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "More about the view What we won" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await dialog.getByLabel("Name").fill("Won by us");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await tabs(other).getByRole("link", { name: "Won by us" }).waitFor();
  await picture(page, "sales-view");

  await page.goto("/deals?owner=none");
  await page.getByRole("button", { name: "Save as a view" }).click();
  await dialog.getByLabel("Name").fill("Free ones");
  await dialog.getByRole("button", { name: "Save" }).click();
  await tabs().getByRole("link", { name: "Free ones" }).waitFor();
  const agent = await caller(hub, "grace@demo.example").catch(() => undefined);
  if (agent) assert.deepEqual((await agent("GET", "/deal-views")).data.map((one) => one.name), ["Won by us"]);

  await tabs().getByRole("link", { name: "Won by us" }).click();
  await page.getByRole("button", { name: "More about the view Won by us" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await tabs(other).getByRole("link", { name: "Won by us" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await tabs(other).getByRole("link", { name: "Won by us" }).waitFor();
  await other.close();
});
