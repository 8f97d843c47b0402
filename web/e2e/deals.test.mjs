// Selling beside the conversation: a deal is made in the panel, moves along the board, and everybody watches.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { act, caller, startHub, until } from "./hub.mjs";

let hub;
let browser;
let page;
let call;
let board;

const customer = (number) => ({ id: `4917600003${number}`, name: `Buyer ${number}` });
const column = (name) => page.getByRole("region", { name, exact: true });
const card = (name, title) => column(name).locator("[data-deal]").filter({ hasText: title });
const panel = () => page.getByRole("complementary", { name: "Deal", exact: true });
const deals = async (query = "") => (await call("GET", `/deals${query}`)).data;
const stage = (name) => board.stages.find((one) => one.name === name).id;

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

test("a deal is made beside the conversation, and its conversation beside the deal", async () => {
  await act(hub, customer(21), { type: "text", text: "How much are four tents?" });
  await page.goto("/inbox");
  await page.locator("[data-conversation]", { hasText: "Buyer 21" }).first().click();
  const contact = page.getByRole("complementary", { name: "Contact" });
  await contact.getByRole("button", { name: "Add a deal" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What is it about").fill("Four tents");
  await dialog.getByLabel("Value in USD").fill("12.345");
  await dialog.getByText("Write an amount").waitFor();
  await dialog.getByLabel("Value in USD").fill("1316,50");
  await checkAccessible(page, "a new deal");
  await dialog.getByRole("button", { name: "Add deal" }).click();
  await dialog.waitFor({ state: "detached" });
  const row = contact.getByRole("list", { name: "Deals with the contact" }).getByRole("listitem").filter({ hasText: "Four tents" });
  await row.getByText("$1,316.50").waitFor();
  await picture(page, "deals-panel");
  await row.getByRole("link").click();
  await panel().getByRole("button", { name: "Edit Title" }).getByText("Four tents").waitFor();
  await panel().getByRole("button", { name: "Conversation" }).click();
  const talk = page.getByRole("region", { name: "Conversation", exact: true });
  await talk.getByText("How much are four tents?").waitFor();
  await picture(page, "deals-talk");
  await checkAccessible(page, "the board with a deal and its conversation");
  await talk.getByRole("textbox").first().fill("They are 329 each.");
  await talk.getByRole("textbox").first().press("Enter");
  await talk.getByText("They are 329 each.").first().waitFor();
});

test("a deal is dragged to its place, moves from its menu, and others see it at once", async () => {
  await page.goto("/deals");
  const other = await openPage(browser, hub);
  await logIn(other);
  await other.goto("/deals");
  await card("New", "Four tents").waitFor();
  const target = card("Qualified", "Boots, 27.5 cm");
  const box = await target.boundingBox();
  await card("New", "Four tents").dragTo(target, { targetPosition: { x: box.width / 2, y: box.height - 6 } });
  await card("Qualified", "Four tents").waitFor();
  await until(async () => (await deals(`?stage_id=${stage("Qualified")}&order=board`)).map((one) => one.title).join() === "Boots, 27.5 cm,Four tents");
  await other.getByRole("region", { name: "Qualified", exact: true }).getByText("Four tents").waitFor();
  await card("Qualified", "Four tents").hover();
  await page.getByRole("button", { name: "Move Four tents" }).click();
  await page.getByRole("menuitem", { name: "Won" }).click();
  await card("Won", "Four tents").waitFor();
  await other.getByRole("region", { name: "Won", exact: true }).getByText("Four tents").waitFor();
  await column("Won").getByText("$1,445.50").waitFor();
  await picture(page, "deals-board");
  await checkAccessible(page, "the board");
  await other.close();
});

test("a deal is corrected where it stands, written about, deleted and taken back", async () => {
  await page.getByRole("link", { name: "Four tents" }).click();
  await panel().getByRole("button", { name: "Edit Value" }).click();
  await panel().getByLabel("Value").fill("1400");
  await panel().getByLabel("Value").press("Enter");
  await panel().getByRole("button", { name: "Edit Value" }).getByText("$1,400.00").waitFor();
  await panel().getByLabel("What happened").first().fill("She wants them by May.");
  await panel().getByRole("button", { name: "Write down" }).click();
  await panel().getByText("She wants them by May.").waitFor();
  await panel().getByText("$1,316.50 → $1,400.00").waitFor();
  await panel().getByText("Qualified → Won").waitFor();
  await picture(page, "deals-story");
  await panel().getByRole("button", { name: "More about this deal" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await card("Won", "Four tents").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await card("Won", "Four tents").waitFor();
});

test("what is sold makes the value", async () => {
  const [made] = await deals("?q=Four%20tents");
  await page.goto(`/deals/${made.id}`);
  await panel().getByRole("button", { name: "Add lines" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name of line 1").fill("Family tent");
  await dialog.getByLabel("Quantity of line 1").fill("4");
  await dialog.getByText("A line has a name, a quantity and a price.").waitFor();
  await dialog.getByLabel("Price of one in line 1").fill("329");
  await dialog.getByRole("button", { name: "Add a line" }).click();
  await dialog.getByLabel("Name of line 2").fill("Rope, metres");
  await dialog.getByLabel("Quantity of line 2").fill("2.5");
  await dialog.getByLabel("Price of one in line 2").fill("1,99");
  // 4.975 is rounded up.
  await dialog.getByText("$1,320.98").waitFor();
  await picture(page, "deals-lines");
  await checkAccessible(page, "the lines of a deal");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await panel().getByRole("list", { name: "What is sold" }).getByText("2.5 × $1.99").waitFor();
  assert.equal((await call("GET", `/deals/${made.id}`)).value.minor, 132_098);
});

test("a next step is added with its time, shown on the card, and ticked off", async () => {
  const [made] = await deals("?q=Four%20tents");
  await page.goto(`/deals/${made.id}`);
  await panel().getByLabel("New task of the deal").fill("Send the invoice");
  await panel().getByLabel("Due").fill("2035-05-04T09:30");
  await panel().getByRole("button", { name: "Add", exact: true }).click();
  const row = panel().getByRole("list", { name: "Tasks of the deal" }).getByRole("listitem").filter({ hasText: "Send the invoice" });
  await row.getByText("2035").or(row.getByText("May")).first().waitFor();
  await checkAccessible(page, "a deal with a next step");
  assert.equal((await call("GET", `/deals/${made.id}`)).next_task.title, "Send the invoice");
  const [task] = (await call("GET", `/tasks?deal_id=${made.id}`)).data;
  await call("PATCH", `/tasks/${task.id}`, { title: "Send the invoice to her" });
  await panel().getByText("Send the invoice to her").waitFor();
  await panel().getByRole("checkbox", { name: "Done: Send the invoice to her" }).click();
  await panel().getByText("No next step.").waitFor();
});

test("a manager arranges the stages", async () => {
  await page.goto("/settings/pipelines");
  const form = page.getByRole("form", { name: "Sales" });
  await form.getByRole("button", { name: "Add a stage" }).click();
  const names = form.getByLabel("Name of the stage");
  await names.nth(4).fill("Contract");
  await form.getByRole("button", { name: "Move Contract up" }).click();
  await form.getByLabel("Chance of Contract in percent").fill("75");
  await picture(page, "deals-stages");
  await checkAccessible(page, "pipelines");
  await form.getByRole("button", { name: "Save" }).click();
  await until(async () => (await call("GET", "/pipelines")).data[0].stages.map((one) => one.name).join() === "New,Qualified,Offer sent,Contract,Negotiation,Won,Lost");
  await form.getByRole("button", { name: "Remove Qualified" }).click();
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("A stage that is to go has deals.").waitFor();
  await page.goto("/deals");
  await column("Contract").waitFor();
});

test("who writes upon an old state is shown the new one", async () => {
  const [made] = await deals("?q=Four%20tents");
  await page.goto(`/deals/${made.id}`);
  await panel().getByRole("button", { name: "Edit Title" }).waitFor();
  // What the other writes is held back on its way to the server until this browser's own change is there.
  await page.route(`**/api/v1/deals/${made.id}`, async (route) => {
    if (route.request().method() !== "PATCH") return route.continue();
    await call("PATCH", `/deals/${made.id}`, { title: "Four red tents" });
    return route.continue();
  });
  await panel().getByRole("button", { name: "Edit Title" }).click();
  await panel().getByLabel("Title").fill("Four green tents");
  await panel().getByLabel("Title").press("Enter");
  await page.getByText(/changed/i).first().waitFor();
  assert.equal(await panel().getByLabel("Title").inputValue(), "Four green tents", "what was typed stays");
  await panel().getByLabel("Title").press("Escape");
  await panel().getByRole("button", { name: "Edit Title" }).getByText("Four red tents").waitFor();
  await page.unroute(`**/api/v1/deals/${made.id}`);
});

test("the table puts deals in an order, and changes many at once", async () => {
  await page.goto("/deals");
  await page.getByRole("link", { name: "Table", exact: true }).click();
  const rows = page.getByRole("list", { name: "Deals", exact: true }).getByRole("listitem");
  await page.getByLabel("Order").selectOption({ label: "Greatest first" });
  await rows.first().getByText("Rain shells for the shop in Leeds").waitFor();
  await picture(page, "deals-table");
  await checkAccessible(page, "the table of deals");
  await rows.filter({ hasText: "Boots, 27.5 cm" }).getByRole("checkbox").check();
  await rows.filter({ hasText: "Two rain shells" }).getByRole("checkbox").check();
  const bar = page.getByRole("toolbar", { name: "Selected deals" });
  await bar.getByText("2 selected").waitFor();
  await bar.getByLabel("Move to").selectOption({ label: "Negotiation" });
  await page.getByText("2 deals moved.").waitFor();
  await rows.filter({ hasText: "Boots, 27.5 cm" }).getByText("Negotiation").waitFor();
  await rows.filter({ hasText: "Boots, 27.5 cm" }).getByRole("checkbox").check();
  await bar.getByRole("button", { name: "Delete" }).click();
  await rows.filter({ hasText: "Boots, 27.5 cm" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await rows.filter({ hasText: "Boots, 27.5 cm" }).waitFor();
});

test("of a long column only what is in sight is drawn", async () => {
  const deals = Array.from({ length: 200 }, (_, index) => ({ title: `Pole ${index}`, stage_id: stage("Negotiation") }));
  await call("POST", "/deals/bulk", { deals });
  await page.goto("/deals");
  await card("Negotiation", "Pole 199").waitFor();
  await page.waitForTimeout(300);
  const drawn = await column("Negotiation").locator("[data-deal]").count();
  assert.ok(drawn < 40, `${drawn} cards are drawn`);
  await column("Negotiation").locator("[data-deal]").first().hover();
  for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, 2000);
  await card("Negotiation", "Trail 30, green").waitFor();
  assert.deepEqual(page.faults, []);
});

test("the board on a phone", async () => {
  const phone = await openPage(browser, hub, { width: 390, height: 844 });
  await logIn(phone);
  await phone.goto("/deals");
  await phone.getByRole("region", { name: "Offer sent", exact: true }).getByText("Rain shells for the shop").waitFor();
  await picture(phone, "deals-phone");
  await phone.getByRole("link", { name: "Rain shells for the shop in Leeds" }).click();
  await phone.getByRole("complementary", { name: "Deal", exact: true }).waitFor();
  await picture(phone, "deals-phone-open");
  await checkAccessible(phone, "a deal on a phone");
  await phone.close();
});
