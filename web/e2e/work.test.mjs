// Work on many conversations and on the people behind them: selections, search, closed windows, merging, blocking, tables.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { act, caller, phone, startHub, until } from "./hub.mjs";

const customer = (number) => ({ id: `4917600000${number}`, name: `Customer ${number}` });
let hub;
let browser;
let page;
let call;

const row = (name) => page.locator("[data-conversation]", { hasText: name }).first();
const contactPanel = () => page.getByRole("complementary", { name: "Contact" });

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  call = await caller(hub);
  for (const number of [11, 12, 13, 14]) await act(hub, customer(number), { type: "text", text: `Question ${number}` });
  page = await openPage(browser, hub);
  await logIn(page);
  await row("Customer 14").waitFor();
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("x and Shift+x select a range, and one call changes it", async () => {
  await row("Customer 14").focus();
  const names = (await page.locator("[data-conversation]").evaluateAll((rows) => rows.map((one) => one.getAttribute("aria-label")))).map((label) => label.split(" on ")[0]);
  const start = names.indexOf("Customer 14");
  for (let at = 0; at <= start; at++) await page.locator("body").press("j");
  await page.locator("body").press("x");
  for (const _ of [1, 2]) await page.locator("body").press("j");
  await page.locator("body").press("Shift+x");
  await page.getByText("3 selected").waitFor();
  await picture(page, "selected");
  await page.locator("body").press("l");
  const bulk = () => page.waitForResponse((response) => response.url().endsWith("/conversations/bulk"));
  const labelled = bulk();
  await page.getByRole("dialog").getByRole("option", { name: "VIP" }).click();
  assert.equal((await (await labelled).json()).data.length, 3);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  const closed = bulk();
  await page.locator("body").press("e");
  assert.equal((await closed).status(), 200);
  await page.getByText("3 conversations closed.").waitFor();
  assert.equal(await page.locator("[data-conversation]", { hasText: "Customer 14" }).count(), 0);
  await page.goto("/inbox?view=closed");
  await row("Customer 14").waitFor();
  await page.goto("/inbox");
});

test("a found message is shown where it stands, and the end is one click away", async () => {
  const talker = customer(15);
  await act(hub, talker, { type: "text", text: "The needle is a marzipan teapot" });
  for (let number = 1; number <= 120; number++) await act(hub, talker, { type: "text", text: `Straw number ${number}` });
  const found = (await call("GET", "/messages?q=marzipan")).data[0];
  await call("POST", `/conversations/${found.conversation_id}/read`, { seq: 121 });
  await page.locator("body").press("/");
  await page.keyboard.type("marzipan");
  await page.getByRole("button", { name: "Messages", exact: true }).click();
  const asked = [];
  page.on("request", (request) => request.url().includes("/messages?") && asked.push(request.url()));
  await page.getByRole("link", { name: /marzipan/ }).click();
  await page.getByRole("article").filter({ hasText: "marzipan teapot" }).waitFor();
  assert.equal(asked.filter((url) => url.includes("around=")).length, 1, "one page around the message was asked for");
  assert.ok(asked.length <= 4, `not all pages between: ${asked.join(" ")}`);
  // Reading on from there comes to the end.
  await page.getByRole("button", { name: "Go to the newest message" }).click();
  await page.getByRole("article").filter({ hasText: "Straw number 120" }).waitFor();
  await act(hub, talker, { type: "text", text: "And the last straw" });
  await page.getByRole("article").filter({ hasText: "And the last straw" }).waitFor();
  await page.getByRole("searchbox").fill("");
});

test("newer pages follow when somebody reads on from an old message", async () => {
  const { data } = await call("GET", "/messages?q=marzipan");
  await page.goto(`/inbox/${data[0].conversation_id}?at=${data[0].id}`);
  await page.getByRole("article").filter({ hasText: "marzipan teapot" }).waitFor();
  const log = page.getByRole("log", { name: "Messages" });
  for (let turn = 0; turn < 60; turn++) {
    await log.evaluate((element) => element.scrollBy(0, 2500));
    if (await page.getByRole("article").filter({ hasText: "And the last straw" }).isVisible()) break;
    await page.waitForTimeout(60);
  }
  await page.getByRole("article").filter({ hasText: "And the last straw" }).waitFor();
});

test("with the window closed a template is filled in, looked at and sent", async () => {
  const contact = await call("POST", "/contacts", { name: "Quiet Customer", phone: "+4917600000777" });
  const { data: accounts } = await call("GET", "/integrations");
  const { id } = await call("POST", "/conversations", { contact_id: contact.id, integration_id: accounts.find((one) => one.channel === "whatsapp").id });
  await page.goto(`/inbox/${id}`);
  await page.getByText("takes only approved templates", { exact: false }).waitFor();
  await picture(page, "window-closed");
  await page.getByRole("button", { name: "Choose a template" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("listitem").first().waitFor();
  await checkAccessible(page, "the template dialog");
  const names = await dialog.getByRole("listitem").allInnerTexts();
  let sent = false;
  for (const [index] of names.entries()) {
    await dialog.getByRole("listitem").nth(index).getByRole("button").click();
    const blanks = dialog.locator("form").getByRole("textbox");
    const types = await blanks.evaluateAll((inputs) => inputs.map((input) => input.type));
    if (types.length === 0 || types.includes("url")) continue;
    assert.ok(await dialog.getByRole("button", { name: "Send template" }).isDisabled(), "not before it is filled in");
    for (const [at] of types.entries()) await blanks.nth(at).fill(`value ${at + 1}`);
    await picture(page, "template");
    await dialog.getByRole("button", { name: "Send template" }).click();
    sent = true;
    break;
  }
  assert.ok(sent, `a template with blanks is among ${names.join(", ")}`);
  await page.getByRole("article").filter({ hasText: "value 1" }).locator("[data-status=delivered]").waitFor();
  assert.match((await phone(hub, { id: "4917600000777" })).at(-1).text, /value 1/);
});

test("a contact carries tags, notes and attributes of its own", async () => {
  await act(hub, customer(16), { type: "text", text: "Question 16" });
  await page.goto("/inbox");
  await row("Customer 16").click();
  const panel = contactPanel();
  // What is shown at once is on the server only when it says so.
  const known = (holds) => until(async () => holds((await call("GET", "/contacts?q=Customer%2016")).data[0]));
  await panel.getByRole("button", { name: "Tag", exact: true }).click();
  await panel.getByRole("textbox", { name: "New tag" }).fill("wholesale");
  await page.keyboard.press("Enter");
  await panel.getByRole("button", { name: "Remove the tag wholesale" }).waitFor();
  await panel.getByRole("textbox", { name: "New note about the contact" }).fill("Pays on the first of the month");
  await panel.getByRole("button", { name: "Add note" }).click();
  await panel.getByRole("list", { name: "Notes about the contact" }).getByText("Pays on the first").waitFor();
  await panel.getByRole("button", { name: "Attribute" }).click();
  await panel.getByRole("textbox", { name: "Name of the attribute" }).fill("plan");
  await page.keyboard.press("Enter");
  await panel.getByRole("button", { name: "Edit plan" }).click();
  await panel.getByRole("textbox", { name: "plan" }).fill("gold");
  await page.keyboard.press("Enter");
  await known((contact) => contact.attributes.plan === "gold" && contact.tags.includes("wholesale"));
  await page.reload();
  await panel.getByText("wholesale").waitFor();
  await panel.getByText("gold").waitFor();
  await panel.getByText("Pays on the first").waitFor();
  await panel.getByText("gold").hover();
  await panel.getByRole("button", { name: "Remove plan" }).click();
  await panel.getByText("gold").waitFor({ state: "detached" });
  await known((contact) => !("plan" in contact.attributes));
  await page.reload();
  await panel.getByText("wholesale").waitFor();
  assert.equal(await panel.getByText("gold").count(), 0, "an attribute that was taken away is away");
  await picture(page, "contact-panel");
});

test("two contacts that are one are merged", async () => {
  await act(hub, { id: "4917600000801", name: "Mia Twice" }, { type: "text", text: "First number" });
  await act(hub, { id: "4917600000802", name: "Mia Again" }, { type: "text", text: "Second number" });
  await page.goto("/inbox");
  await row("Mia Twice").click();
  await contactPanel().getByRole("button", { name: "More about this contact" }).click();
  await page.getByRole("menuitem", { name: "Merge with another contact" }).click();
  await page.getByRole("combobox", { name: "Find the other contact" }).fill("Mia Again");
  await page.getByRole("option", { name: /Mia Again/ }).click();
  await page.getByText("Everything of Mia Again", { exact: false }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Merge" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await contactPanel().getByText("4917600000802").waitFor();
  await picture(page, "merged");
  // Both wrote to the same account: what was said becomes one conversation.
  await page.getByRole("article").filter({ hasText: "Second number" }).waitFor();
  await page.getByRole("article").filter({ hasText: "First number" }).waitFor();
});

test("a blocked contact is told apart, and unblocked again", async () => {
  await row("Customer 16").click();
  const panel = contactPanel();
  await panel.getByRole("button", { name: "More about this contact" }).click();
  await page.getByRole("menuitem", { name: "Block" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Block" }).click();
  await panel.getByText("Blocked", { exact: true }).waitFor();
  await panel.getByRole("button", { name: "More about this contact" }).click();
  await page.getByRole("menuitem", { name: "Unblock" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Unblock" }).click();
  await panel.getByText("Blocked", { exact: true }).waitFor({ state: "detached" });
});

test("a table of contacts comes in with its columns chosen, and its faults are told", async () => {
  await page.goto("/contacts");
  await page.getByRole("button", { name: "Import and export" }).click();
  await page.getByRole("menuitem", { name: "Import from CSV" }).click();
  const lines = ["Full name;Mobile;E-mail;Plan;Secret", "Nora Table;+49 176 00000901;nora@example.org;gold;x", "Ole Table;not a number;;silver;x", "Pia Table;+4917600000903;;;x"];
  const dialog = page.getByRole("dialog");
  await dialog.locator("input[type=file]").setInputFiles({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(`\uFEFF${lines.join("\r\n")}\r\n`) });
  await dialog.getByText("3 rows").first().waitFor();
  assert.equal(await dialog.getByRole("combobox", { name: "What Mobile becomes" }).inputValue(), "phone");
  await dialog.getByRole("combobox", { name: "What Secret becomes" }).selectOption("skip");
  await checkAccessible(page, "importing contacts");
  await picture(page, "import");
  await dialog.getByRole("button", { name: "Import 3 rows" }).click();
  await dialog.getByText("2 contacts created", { exact: false }).waitFor();
  await dialog.getByRole("list", { name: "Rows that were not taken" }).getByText("Row 2").waitFor();
  await picture(page, "imported");
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("searchbox").fill("Nora Table");
  await page.getByRole("link", { name: /Nora Table/ }).click();
  await page.getByText("gold").waitFor();
  assert.equal(await page.getByText("Secret").count(), 0);
  await page.getByRole("button", { name: "Import and export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as CSV" }).click();
  assert.match((await download).suggestedFilename(), /^contacts-.*\.csv$/);
});

test("what a conversation went through is told in the reader's own time", async () => {
  const context = await browser.newContext({ baseURL: hub.url, timezoneId: "Asia/Kolkata", viewport: { width: 1280, height: 800 } });
  const away = await context.newPage();
  await logIn(away);
  await away.locator("[data-conversation]", { hasText: "Customer 16" }).first().click();
  await away.locator("body").press("s");
  await away.getByRole("dialog").getByRole("option", { name: /Tomorrow morning/ }).click();
  await away.getByText(/snoozed this until tomorrow, /).waitFor();
  assert.equal(await away.getByText("UTC").count(), 0);
  await context.close();
});

test("a finger on a row closes it to the right and snoozes it to the left", async () => {
  const context = await browser.newContext({ baseURL: hub.url, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, reducedMotion: "reduce" });
  const small = await context.newPage();
  await act(hub, customer(17), { type: "text", text: "Question 17" });
  await logIn(small);
  const swiped = small.locator("[data-conversation]", { hasText: "Customer 17" }).first();
  await swipe(small, swiped, -150);
  await small.getByRole("dialog", { name: "Snooze until" }).waitFor();
  await small.keyboard.press("Escape");
  await swipe(small, swiped, 150);
  await small.getByText("Conversation closed.").waitFor();
  await swiped.waitFor({ state: "detached" });
  assert.match(small.url(), /\/inbox$/, "a swipe opens nothing");
  await small.getByRole("button", { name: "Undo" }).click();
  await swiped.waitFor();
  // A finger has no Shift key: Enter begins a line, the button sends.
  await swiped.click();
  const field = small.getByRole("textbox", { name: "Reply" });
  await field.fill("One");
  await field.press("Enter");
  await field.pressSequentially("Two");
  assert.equal(await field.inputValue(), "One\nTwo");
  await small.getByRole("button", { name: "Send on WhatsApp" }).click();
  await small.getByRole("article").filter({ hasText: "Two" }).waitFor();
  await context.close();
});

async function swipe(onPage, target, by) {
  const box = await target.boundingBox();
  const client = await onPage.context().newCDPSession(onPage);
  const y = box.y + box.height / 2;
  const x = box.x + box.width / 2;
  const touch = (type, at) => client.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x: at, y }] });
  await touch("touchStart", x);
  for (let step = 1; step <= 6; step++) await touch("touchMove", x + (by * step) / 6);
  await touch("touchEnd");
}

test("nothing was thrown", () => assert.deepEqual(page.faults, []));
