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
  await until(async () => (await cards().count()) > 2);
  await page.getByRole("button", { name: "Filter" }).click();
  const filter = page.getByRole("group", { name: "Filter" });
  await filter.getByLabel("Tag").fill("vip");
  await until(async () => (await cards().count()) === 2);
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
  await until(async () => (await cards().count()) > 2);
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
  const agent = await caller(hub, "chen@demo.example");
  assert.deepEqual((await agent("GET", "/deal-views")).data.map((one) => one.name), ["Won by us"]);

  await tabs().getByRole("link", { name: "Won by us" }).click();
  await page.getByRole("button", { name: "More about the view Won by us" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await tabs(other).getByRole("link", { name: "Won by us" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await tabs(other).getByRole("link", { name: "Won by us" }).waitFor();
  await other.close();
});

test("a manager makes fields, agents fill them in, and no deal is won without what is needed", async () => {
  await page.goto("/settings/pipelines");
  const add = async (name, kind, more = async () => undefined) => {
    await page.getByRole("button", { name: "Add a field" }).first().click();
    const form = page.getByRole("form", { name: "New field of deals" });
    await form.getByLabel("Name").fill(name);
    await form.getByLabel("Kind").selectOption({ label: kind });
    await more(form);
    await form.getByRole("button", { name: "Add field" }).click();
    await form.waitFor({ state: "detached" });
  };
  await add("Contract number", "Text", (form) => form.getByLabel("A won deal needs it").check());
  await add("Season", "Choice", (form) => form.getByLabel("Choices, one a line").fill("Summer\nWinter\n"));
  await add("Seats", "Number");
  await add("Delivery", "Date");
  await add("Insured", "Yes or no");
  const list = page.getByRole("list", { name: "Fields of deals" });
  await list.getByRole("button", { name: "Move Season up" }).click();
  await until(async () => (await call("GET", "/deal-fields")).data.map((one) => one.key).join() === "season,contract_number,seats,delivery,insured");
  await checkAccessible(page, "fields of deals");
  await picture(page, "sales-fields");

  const made = await make({ title: "Ten tents", attributes: { colour: "red" } });
  await page.goto(`/deals/${made.id}`);
  await panel().getByLabel("Season").selectOption({ label: "Winter" });
  await panel().getByLabel("Insured").selectOption({ label: "Yes" });
  await panel().getByLabel("Delivery").fill("2031-02-03");
  await panel().getByRole("button", { name: "Edit Seats" }).click();
  await panel().getByLabel("Seats").fill("4,5");
  await panel().getByLabel("Seats").press("Enter");
  await until(async () => (await call("GET", `/deals/${made.id}`)).attributes.seats === 4.5);
  assert.deepEqual((await call("GET", `/deals/${made.id}`)).attributes, { colour: "red", season: "Winter", insured: true, delivery: "2031-02-03", seats: 4.5 });
  await panel().getByLabel("Stage").selectOption({ label: "Won" });
  await page.getByText("A won deal needs: Contract number.").waitFor();
  assert.equal((await call("GET", `/deals/${made.id}`)).status, "open");
  await panel().getByRole("button", { name: "Edit Contract number" }).click();
  await panel().getByLabel("Contract number").fill("C-17");
  await panel().getByLabel("Contract number").press("Enter");
  await panel().getByRole("button", { name: "Edit Contract number" }).getByText("C-17").waitFor();
  await panel().getByLabel("Stage").selectOption({ label: "Won" });
  await panel().getByText("Won", { exact: true }).nth(1).waitFor();
  await checkAccessible(page, "a deal with fields");
  await picture(page, "sales-deal");

  await page.goto("/deals?shape=table");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitem", { name: "Season" }).click();
  await page.getByRole("list", { name: "Deals", exact: true }).getByRole("listitem").filter({ hasText: "Ten tents" }).getByText("Winter").waitFor();
  await picture(page, "sales-columns");
});

test("files are put on a deal, dropped onto it, downloaded and removed", async () => {
  const [deal] = (await call("GET", "/deals?q=Ten%20tents")).data;
  const other = await openPage(browser, hub);
  await logIn(other);
  await other.goto(`/deals/${deal.id}`);
  await page.goto(`/deals/${deal.id}`);
  const files = panel().getByRole("list", { name: "Files" });
  await panel().locator("input[type=file]").setInputFiles({ name: "offer.txt", mimeType: "text/plain", buffer: Buffer.from("ten tents") });
  await files.getByRole("listitem").filter({ hasText: "offer.txt" }).getByText("9 B").waitFor();
  await panel(other).getByRole("list", { name: "Files" }).getByText("offer.txt").waitFor();
  await panel(other).getByText("Added offer.txt").waitFor();
  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["plan of the camp"], "plan.txt", { type: "text/plain" }));
    return data;
  });
  const title = panel().getByRole("button", { name: "Edit Title" });
  await title.dispatchEvent("dragover", { dataTransfer: dropped });
  await page.getByText("Drop files onto the deal").waitFor();
  await title.dispatchEvent("drop", { dataTransfer: dropped });
  await files.getByText("plan.txt").waitFor();
  await checkAccessible(page, "a deal with files");
  await picture(page, "sales-files");
  const [download] = await Promise.all([page.waitForEvent("download"), files.getByRole("button", { name: "Download plan.txt" }).click()]);
  assert.equal(download.suggestedFilename(), "plan.txt");
  await files.getByRole("button", { name: "Remove offer.txt" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove file" }).click();
  await files.getByText("offer.txt").waitFor({ state: "detached" });
  await panel(other).getByText("Removed offer.txt").waitFor();
  assert.deepEqual((await call("GET", `/deals/${deal.id}/files`)).data.map((one) => one.file_name), ["plan.txt"]);
  await other.close();
});

test("a company is made, gets a contact and a deal, is changed by two at once, and deleted", async () => {
  await page.goto("/contacts");
  await page.getByRole("link", { name: "Companies", exact: true }).click();
  await page.getByRole("button", { name: "New company" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Basecamp Supplies");
  await dialog.getByLabel("Domain").fill("https://www.basecamp.example/about");
  await checkAccessible(page, "a new company");
  await dialog.getByRole("button", { name: "Add company" }).click();
  const card = page.getByRole("region", { name: "Company", exact: true });
  await card.getByRole("button", { name: "Edit Domain" }).getByText("basecamp.example", { exact: true }).waitFor();
  const [company] = (await call("GET", "/accounts?q=basecamp")).data;
  await card.getByLabel("Owner").selectOption({ label: "Bruno Lima" });
  await card.getByRole("button", { name: "Tag" }).click();
  await card.getByLabel("New tag").fill("shop");
  await card.getByLabel("New tag").press("Enter");
  await until(async () => (await call("GET", `/accounts/${company.id}`)).tags.join() === "shop");

  const [person] = (await call("GET", "/contacts")).data;
  await page.goto(`/contacts/${person.id}`);
  const contact = page.getByRole("region", { name: "Contact", exact: true });
  await contact.getByRole("button", { name: "Add a company" }).click();
  await dialog.getByRole("combobox", { name: "Find a company" }).fill("baseca");
  await dialog.getByRole("option", { name: /Basecamp Supplies/ }).click();
  await contact.getByRole("link", { name: "Basecamp Supplies" }).waitFor();
  const [deal] = (await call("GET", "/deals?q=Ten%20tents")).data;
  await page.goto(`/deals/${deal.id}`);
  await panel().getByRole("button", { name: "Add a company" }).click();
  await dialog.getByRole("option", { name: /Basecamp Supplies/ }).click();
  await panel().getByRole("link", { name: "Basecamp Supplies" }).click();
  await card.getByRole("list", { name: "Deals with the company" }).getByText("Ten tents").waitFor();
  await card.getByRole("list", { name: "Contacts of the company" }).getByRole("listitem").first().waitFor();
  await checkAccessible(page, "a company");
  await picture(page, "sales-company");

  await page.route(`**/api/v1/accounts/${company.id}`, async (route) => {
    if (route.request().method() === "PATCH") await call("PATCH", `/accounts/${company.id}`, { phone: "+49 30 1" });
    return route.continue();
  });
  await card.getByRole("button", { name: "Edit Phone" }).click();
  await card.getByLabel("Phone").fill("+49 30 2");
  await card.getByLabel("Phone").press("Enter");
  await page.getByText("Somebody else changed this company meanwhile.").waitFor();
  await card.getByLabel("Phone").press("Escape");
  await card.getByRole("button", { name: "Edit Phone" }).getByText("+49 30 1").waitFor();
  await page.unroute(`**/api/v1/accounts/${company.id}`);

  const phone = await openPage(browser, hub, { width: 390, height: 844 });
  await logIn(phone);
  await phone.goto(`/companies/${company.id}`);
  await phone.getByRole("region", { name: "Company", exact: true }).getByText("Basecamp Supplies").waitFor();
  await checkAccessible(phone, "a company on a phone");
  await picture(phone, "sales-company-phone");
  await phone.goto("/deals?tag=vip");
  await phone.getByRole("group", { name: "Filter" }).waitFor();
  await checkAccessible(phone, "the filter on a phone");
  await picture(phone, "sales-filter-phone");
  await phone.close();

  await page.getByRole("button", { name: "More about this company" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete company" }).click();
  await page.getByText("No companies yet.").waitFor();
  assert.equal((await call("GET", `/deals/${deal.id}`)).account, null);
});

test("the board with its filter and an open deal, in the dark", async () => {
  const [deal] = (await call("GET", "/deals?q=Tagged%20tent")).data;
  const dark = await openPage(browser, hub, { theme: "dark", width: 1280, height: 844 });
  await logIn(dark);
  await dark.goto(`/deals/${deal.id}?tag=vip`);
  await dark.getByRole("group", { name: "Filter" }).waitFor();
  await panel(dark).getByText("Contract number").waitFor();
  await checkAccessible(dark, "a deal and the filter in the dark");
  await picture(dark, "sales-dark");
  assert.deepEqual([...page.faults, ...dark.faults], []);
  await dark.context().close();
});
