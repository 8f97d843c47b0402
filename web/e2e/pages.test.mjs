// The pages around the inbox: each opens on real data, without a fault and accessible.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, settled, startBrowser } from "./browser.mjs";
import { startHub } from "./hub.mjs";

let hub;
let browser;
let page;

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  page = await openPage(browser, hub);
  await logIn(page);
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("an integration says how it is", async () => {
  await page.goto("/settings/integrations");
  await page.getByRole("link", { name: /WhatsApp Support/ }).click();
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText("Tested just now.").waitFor();
  assert.ok((await page.getByRole("list", { name: "Checks" }).getByRole("listitem").count()) > 0);
  assert.match(await page.getByRole("textbox", { name: "Webhook address", exact: true }).inputValue(), /\/webhooks\/whatsapp\//);
  await checkAccessible(page, "an integration");
  await picture(page, "integration");
});

test("a paused account says what that means, until it is resumed", async () => {
  await page.goto("/settings/integrations");
  await page.getByRole("link", { name: /Telegram Shop/ }).click();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Nothing is sent until you resume it. What customers write still comes in.").waitFor();
  await picture(page, "paused");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("Nothing is sent until you resume it.", { exact: false }).waitFor({ state: "detached" });
});

test("what is on its way has its shape already, and the way back", async () => {
  const slow = await openPage(browser, hub, { width: 390, height: 844 });
  await logIn(slow);
  const address = await slow.locator("[data-conversation]").first().getAttribute("href");
  const waits = [];
  await slow.route(/\/api\/v1\/(conversations|contacts|users|organizations)/, async (route) => {
    await new Promise((done) => waits.push(done));
    await route.continue().catch(() => undefined);
  });
  await slow.goto(address, { waitUntil: "commit" });
  await slow.getByRole("status", { name: "Loading messages" }).waitFor();
  await slow.getByRole("button", { name: "Back to the list" }).waitFor();
  await picture(slow, "waiting-conversation");
  await slow.goto("/contacts", { waitUntil: "commit" });
  await slow.getByRole("status", { name: "Loading contacts" }).waitFor();
  await slow.goto("/settings/members", { waitUntil: "commit" });
  await slow.getByRole("status", { name: "Loading members" }).waitFor();
  await picture(slow, "waiting-members");
  waits.forEach((done) => done());
  await slow.unrouteAll({ behavior: "ignoreErrors" });
  await slow.context().close();
});

test("the form of a new account is what the channel asks for", async () => {
  await page.goto("/settings/integrations/new");
  await page.getByRole("radio", { name: "Telegram" }).click();
  await page.getByRole("button", { name: "Connect Telegram" }).click();
  await page.getByText("This field is required.").first().waitFor();
  await checkAccessible(page, "connecting a channel");
});

test("an account's settings stand in its form: chosen, changed and taken away", async () => {
  await page.goto("/settings/integrations");
  await page.getByRole("link", { name: /Web chat/ }).click();
  const form = page.locator("form").filter({ has: page.getByRole("button", { name: "Save" }) });
  const save = async () => {
    await form.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").last().waitFor();
    await page.reload();
  };
  // A section that says something is open already.
  const unfold = async (name) => {
    const section = form.locator("details").filter({ hasText: name }).first();
    if (!(await section.evaluate((element) => element.open))) await section.locator("summary").click();
  };
  await unfold("How it looks");
  await form.getByLabel("Theme").selectOption("dark");
  await unfold("Welcome");
  await form.getByLabel(/^Greeting/).fill("Welcome to the shop");
  await checkAccessible(page, "the form of an account");
  await picture(page, "account-form");
  await save();
  assert.equal(await form.getByLabel("Theme").inputValue(), "dark");
  assert.equal(await form.getByLabel(/^Greeting/).inputValue(), "Welcome to the shop");
  await form.getByLabel(/^Greeting/).fill("");
  await form.getByLabel("Theme").selectOption("Not set");
  await save();
  assert.equal(await form.getByLabel(/^Greeting/).inputValue(), "");
  assert.equal(await form.getByLabel("Theme").inputValue(), "");
});

test("a form's choices are words; a time zone is found by its city, and a colour tells whether it can be seen", async () => {
  await page.goto("/settings/integrations");
  await page.getByRole("link", { name: /Web chat/ }).click();
  const form = page.locator("form").filter({ has: page.getByRole("button", { name: "Save" }) });
  await form.locator("summary").first().waitFor();
  await form.evaluate((element) => element.querySelectorAll("details").forEach((section) => (section.open = true)));
  assert.deepEqual(await form.getByLabel("Theme").locator("option").allTextContents(), ["Not set", "Light", "Dark", "As the visitor's device is set"]);
  const zone = form.getByRole("button", { name: /^Time zone/ });
  await zone.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Find a city" }).fill("lis");
  await page.getByRole("dialog").getByRole("option").first().getByText("Lisbon, Europe").waitFor();
  await checkAccessible(page, "the choice of a time zone", "[role=dialog]");
  await picture(page, "time-zone");
  await page.keyboard.press("Enter");
  await form.getByRole("button", { name: /^Time zone: Lisbon, Europe, UTC/ }).waitFor();
  const colour = form.getByLabel(/^Colour/);
  await colour.fill("#ffd166");
  await form.getByText(/Hard to see on a white page \(contrast 1\.4 : 1/).waitFor();
  await colour.fill("teal");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Write the colour as #rrggbb").waitFor();
  await form.getByLabel("Pick: Colour").fill("#0f766e");
  await form.getByText(/Stands out on a white page/).waitFor();
  await checkAccessible(page, "a colour");
  await picture(page, "colour");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").last().waitFor();
  await page.reload();
  assert.equal(await colour.inputValue(), "#0f766e");
  await form.getByRole("button", { name: /^Time zone: Lisbon/ }).waitFor();
});

test("the flight recorder shows what came in", async () => {
  await page.goto("/settings/callbacks");
  await page.getByRole("main").getByRole("listitem").first().getByRole("button").click();
  await page.getByRole("dialog").getByRole("heading", { name: "Body" }).waitFor();
  await checkAccessible(page, "a callback");
  await picture(page, "callback");
});

test("a label is made, renamed and deleted", async () => {
  await page.goto("/settings/labels");
  await page.getByRole("textbox", { name: "Name of a new label" }).fill("Fragile");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("textbox", { name: "Name of Fragile" }).fill("Breakable");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Delete Breakable" }).click();
  await page.getByRole("button", { name: "Delete label" }).click();
  await page.getByRole("button", { name: "Delete Breakable" }).waitFor({ state: "detached" });
});

test("an invited member joins with the link", async () => {
  await page.goto("/settings/members");
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("dialog").getByLabel("E-mail").fill("new@demo.example");
  await page.getByRole("button", { name: "Send invitation" }).click();
  const link = await page.getByRole("textbox", { name: "Invitation link" }).inputValue();
  const guest = await openPage(browser, hub);
  await guest.goto(link);
  await guest.getByLabel("Your name").fill("Noor Haddad");
  await guest.getByLabel("Choose a password").fill("a sentence that is long enough");
  await guest.getByRole("button", { name: "Join" }).click();
  await guest.locator("[data-conversation]").first().waitFor();
  assert.deepEqual(guest.faults, []);
  await guest.context().close();
});

test("a contact is corrected where it stands", async () => {
  await page.goto("/contacts");
  await page.getByRole("searchbox").fill("Jonas");
  await page.getByRole("link", { name: /Jonas/ }).click();
  await page.getByRole("button", { name: "Edit E-mail" }).click();
  await page.getByRole("textbox", { name: "E-mail", exact: true }).fill("jonas@example.org");
  const saved = page.waitForResponse((response) => response.request().method() === "PATCH" && response.url().includes("/contacts/"));
  await page.keyboard.press("Enter");
  assert.equal((await saved).status(), 200);
  await page.reload();
  await page.getByText("jonas@example.org").first().waitFor();
  await checkAccessible(page, "a contact");
});

test("the other pages open", async () => {
  for (const name of ["members", "teams", "organization", "profile", "appearance"]) {
    await page.goto(`/settings/${name}`);
    await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
    await settled(page);
    await checkAccessible(page, name);
    assert.equal(await page.getByRole("alert").count(), 0, `${name} shows a fault`);
  }
  assert.deepEqual(page.faults, []);
});

test("the playground plays a customer", async () => {
  const phone = await openPage(browser, hub);
  await phone.goto("/playground");
  await phone.getByRole("textbox", { name: "Message" }).fill("Hello from the phone");
  await phone.getByRole("button", { name: "Send", exact: true }).click();
  await phone.getByRole("log", { name: "Chat" }).getByText("Hello from the phone").waitFor();
  await checkAccessible(phone, "the playground");
  await picture(phone, "playground");
  await page.goto("/inbox");
  await page.locator("[data-conversation]").getByText("Hello from the phone").waitFor();
  assert.deepEqual(phone.faults, []);
  await phone.context().close();
});

test("registering makes an empty inbox that says what to do", async () => {
  const fresh = await openPage(browser, hub);
  await fresh.goto("/register");
  await fresh.getByLabel("Organization").fill("Corner Shop");
  await fresh.getByLabel("Your name").fill("Iris");
  await fresh.getByLabel("E-mail").fill("iris@demo.example");
  await fresh.getByLabel("Password").fill("a sentence that is long enough");
  await fresh.getByRole("button", { name: "Create organization" }).click();
  await fresh.getByRole("link", { name: "Connect a channel" }).waitFor();
  await picture(fresh, "empty");
  assert.deepEqual(fresh.faults, []);
  await fresh.context().close();
});
