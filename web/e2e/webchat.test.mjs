// The chat window on a business's own site, in a real browser: another origin, one script tag, and an agent in the inbox.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { png } from "./files.mjs";
import { caller, startHub, until } from "./hub.mjs";
import { commands, startSite, userHash } from "./site.mjs";

const secret = "widget-identity-secret-0001";
let hub;
let browser;
let site;
let call;
let inbox;

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  [site, call] = await Promise.all([startSite(hub), caller(hub)]);
  inbox = await openPage(browser, hub);
  await logIn(inbox);
});

after(async () => {
  await browser?.close();
  await Promise.all([site?.stop(), hub?.stop()]);
});

/** A window of its own; returns its integration's id. */
async function open(name, fields = {}) {
  const account = { allowed_origins: site.url, identity_secret: secret, ...fields };
  return (await call("POST", "/integrations", { channel: "webchat", name, account })).id;
}

/** Somebody's browser, that was never here. */
async function visitor(options = {}) {
  const { width = 1280, height = 800, ...rest } = options;
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", ...rest });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.stack));
  page.on("console", (message) => {
    if (message.type() === "error" && message.text().includes("Content Security Policy")) page.faults.push(message.text());
  });
  return page;
}

const launcher = (page) => page.locator("#switchboard-chat .launch");
const panel = (page) => page.locator("#switchboard-chat").getByRole("dialog");
const log = (page) => panel(page).getByRole("log");
const field = (page) => panel(page).locator("textarea");

async function write(page, text) {
  await field(page).fill(text);
  await field(page).press("Enter");
}

async function opened(page, url) {
  await page.goto(url);
  await launcher(page).click();
  await panel(page).waitFor();
}

/** The conversation that the newest message of that text stands in, once it is there. */
function conversation(text) {
  return until(async () => (await call("GET", "/conversations?channel=webchat")).data.find((one) => one.last_message?.text === text));
}

const answer = (id, text) => call("POST", `/conversations/${id}/messages`, { client_id: crypto.randomUUID(), text });
const texts = async (id) => (await call("GET", `/conversations/${id}/messages`)).data.filter((one) => one.kind !== "system").map((one) => one.text).reverse();

/** The page's way to the hub, which can be cut: no requests, no socket. A `lost` answer was heard by the hub alone. */
async function line(page) {
  const state = { cut: false, lost: 0, sockets: new Set() };
  await page.routeWebSocket(/\/webchat\/ws$/, (socket) => {
    if (state.cut) return void socket.close();
    socket.connectToServer();
    state.sockets.add(socket);
  });
  await page.route(/\/webchat\/[^/]+\/(session|messages|uploads|settings)/, async (route) => {
    if (state.cut) return route.abort("internetdisconnected");
    if (!state.lost || route.request().method() !== "POST") return route.continue();
    state.lost--;
    await route.fetch();
    return route.abort("connectionreset");
  });
  state.break = async () => {
    state.cut = true;
    for (const socket of state.sockets) await socket.close();
    state.sockets.clear();
  };
  state.mend = () => (state.cut = false);
  return state;
}

test("a visitor and an agent talk, by keyboard and live", async () => {
  const page = await visitor();
  await page.goto(site.page(await open("Shop chat", { greeting: "Hello! How can we help?" })));
  await launcher(page).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "switchboard-chat");
  await page.keyboard.press("Enter");
  await panel(page).waitFor();
  await log(page).getByText("Hello! How can we help?").waitFor();
  await page.keyboard.type("Where is my order?");
  await page.keyboard.press("Enter");
  await log(page).getByText("Where is my order?").waitFor();

  await inbox.locator("[data-conversation]", { hasText: "Where is my order?" }).click();
  await inbox.getByRole("article").filter({ hasText: "Where is my order?" }).waitFor();
  await log(page).getByText("Read", { exact: true }).waitFor();

  await page.keyboard.type("It was");
  await inbox.getByText(/Visitor is (writing|typing)/).waitFor();
  const reply = inbox.getByRole("textbox", { name: "Reply" });
  await reply.pressSequentially("It is *on* its way");
  await panel(page).getByText("Ada Okafor is writing…").waitFor();
  await reply.press("Enter");
  await log(page).locator("strong", { hasText: "on" }).waitFor();
  await panel(page).getByText("Ada Okafor is writing…").waitFor({ state: "detached" });
  const said = page.locator("#switchboard-chat [aria-live=polite]");
  await said.filter({ hasText: "It is on its way" }).waitFor({ state: "attached" });
  await inbox.getByRole("article").filter({ hasText: "its way" }).locator("[data-status=read]").waitFor();
  await checkAccessible(page, "the open window");
  await picture(page, "webchat-1280");

  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className), "launch");
  await reply.fill("Are you there?");
  await reply.press("Enter");
  await launcher(page).getByText("1").waitFor();
  await inbox.getByRole("article").filter({ hasText: "Are you there?" }).locator("[data-status=delivered]").waitFor();
  await checkAccessible(page, "the closed window");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("what is written without a connection arrives once and in order", async () => {
  const page = await visitor();
  const way = await line(page);
  await opened(page, site.page(await open("Shop chat")));
  await write(page, "Zero");
  const { id } = await conversation("Zero");
  await way.break();
  await panel(page).getByText("No connection.").waitFor();
  for (const text of ["One", "Two", "Three"]) await write(page, text);
  await log(page).getByText("Waiting").nth(2).waitFor();
  await picture(page, "webchat-offline");
  assert.deepEqual(await texts(id), ["Zero"]);
  // The first of them will reach the hub, whose answer is lost.
  way.lost = 1;
  way.mend();
  await conversation("Three");
  await log(page).getByText("Waiting").waitFor({ state: "detached" });
  assert.deepEqual(await texts(id), ["Zero", "One", "Two", "Three"]);
  assert.deepEqual((await log(page).locator(".mine p").allTextContents()), ["Zero", "One", "Two", "Three"]);
  await answer(id, "Four");
  await log(page).getByText("Four").waitFor();
  await page.context().close();
});

test("a visitor comes back, even with messages that were not sent yet", async () => {
  const page = await visitor();
  const way = await line(page);
  const url = site.page(await open("Shop chat"));
  await opened(page, url);
  await write(page, "Before the reload");
  const { id } = await conversation("Before the reload");
  await way.break();
  await write(page, "Still on its way");
  await log(page).getByText("Waiting").waitFor();
  await page.goto("about:blank");
  await answer(id, "Said while you were away");
  way.mend();
  await page.goto(url);
  await launcher(page).getByText("1").waitFor();
  await launcher(page).click();
  for (const text of ["Before the reload", "Said while you were away", "Still on its way"]) await log(page).getByText(text).waitFor();
  await conversation("Still on its way");
  assert.equal(await log(page).getByText("Still on its way").count(), 1);
  await page.context().close();
});

test("files go both ways", async () => {
  const page = await visitor();
  await opened(page, site.page(await open("Shop chat")));
  const bytes = png(400, 260, [12, 120, 90]);
  await panel(page).locator("input[type=file]").setInputFiles([{ name: "shoe.png", mimeType: "image/png", buffer: bytes }, { name: "receipt.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n%%EOF\n") }]);
  await panel(page).getByRole("button", { name: "Remove shoe.png" }).waitFor();
  await panel(page).locator("input[type=file]").setInputFiles({ name: "film.mov", mimeType: "video/quicktime", buffer: Buffer.alloc(26 * 2 ** 20) });
  await panel(page).getByText("film.mov: This file is larger than 25 MB.").waitFor();
  await write(page, "Is this the right one?");
  await conversation("Is this the right one?");
  await log(page).getByAltText("shoe.png").waitFor();
  await log(page).getByText("receipt.pdf").waitFor();
  const shown = await log(page).getByAltText("shoe.png").evaluate((image) => image.decode().then(() => image.naturalWidth));
  assert.ok(shown > 0);
  await inbox.locator("[data-conversation]", { hasText: "Is this the right one?" }).click();
  await inbox.getByRole("article").filter({ hasText: "Is this the right one?" }).getByRole("img").first().waitFor();
  await picture(page, "webchat-files");
  const [file] = await Promise.all([page.context().waitForEvent("page"), log(page).getByRole("button", { name: "shoe.png" }).click()]);
  await file.waitForURL(/\/webchat\/media\//);
  await page.context().close();
});

test("what is asked before the chat stands on the contact", async () => {
  const page = await visitor();
  await opened(page, site.page(await open("Shop chat", { pre_chat: "name*, email*, phone" })));
  await panel(page).getByRole("button", { name: "Start the chat" }).click();
  assert.equal(await field(page).isVisible(), false, "what must be answered is waited for");
  await panel(page).getByLabel("Name").fill("Noor Haddad");
  await panel(page).getByLabel("E-mail").fill("noor@mail.example");
  await checkAccessible(page, "the questions before the chat");
  await picture(page, "webchat-asks");
  await panel(page).getByRole("button", { name: "Start the chat" }).click();
  await field(page).waitFor();
  // A reload before the first message loses no answer, and nothing is asked twice.
  await opened(page, page.url());
  await write(page, "Do you ship to Jordan?");
  const { contact } = await conversation("Do you ship to Jordan?");
  assert.deepEqual([contact.name, contact.email], ["Noor Haddad", "noor@mail.example"]);
  await page.context().close();
});

test("outside the business hours the window says so, and still takes messages", async () => {
  const page = await visitor();
  const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const away = days[(new Date().getUTCDay() + 3) % 7];
  await opened(page, site.page(await open("Shop chat", { business_hours: `${away} 09:00-17:00`, away_message: "We are back on " + away })));
  await panel(page).getByText(`We are back on ${away}`).waitFor();
  await write(page, "Then later");
  await conversation("Then later");
  await picture(page, "webchat-away");
  await opened(page, site.page(await open("Shop chat", { business_hours: "Mon-Sun 00:00-24:00", away_message: "Nobody is here" })));
  assert.equal(await panel(page).getByText("Nobody is here").count(), 0);
  await page.context().close();
});

test("the greeting comes by itself, and opens the window", async () => {
  const page = await visitor();
  await page.goto(site.page(await open("Shop chat", { greeting: "May we help you?", greeting_after: "1" })));
  const hello = page.locator("#switchboard-chat .hello");
  await hello.waitFor();
  await picture(page, "webchat-greets");
  await hello.click();
  await panel(page).waitFor();
  await hello.waitFor({ state: "hidden" });
  await page.context().close();
});

test("who was proven is known everywhere, and nobody else is", async () => {
  const id = await open("Shop chat");
  const known = site.page(id, { before: commands(["identify", { user_id: "user-42", user_hash: userHash(secret, "user-42"), name: "Greta Lindqvist", email: "greta@mail.example" }]) });
  const page = await visitor();
  await opened(page, known);
  await write(page, "Only for my own eyes");
  const { contact } = await conversation("Only for my own eyes");
  assert.deepEqual([contact.name, contact.email], ["Greta Lindqvist", "greta@mail.example"]);
  const { identities } = await call("GET", `/contacts/${contact.id}`);
  assert.equal(identities.find((one) => one.kind === "user_id").said, "Signed in on your site as user-42");
  assert.match(identities.find((one) => one.kind === "visitor_id").said, /^Visitor [0-9A-Z]{4}$/);

  const phone = await visitor({ width: 390, height: 844 });
  await opened(phone, known);
  await log(phone).getByText("Only for my own eyes").waitFor();
  await phone.evaluate(() => globalThis.switchboard("reset"));
  await launcher(phone).click();
  assert.equal(await log(phone).locator(".mine").count(), 0, "logged out is out");

  for (const [hash, others] of [[userHash("a guess", "user-42"), "user-42"], ["", "user-42"]]) {
    const liar = await visitor();
    await opened(liar, site.page(id, { before: commands(["identify", { user_id: others, user_hash: hash }]) }));
    await panel(liar).getByText("The chat cannot be used here.").waitFor();
    assert.equal(await log(liar).getByText("Only for my own eyes").count(), 0);
    await liar.context().close();
  }
  const stranger = await visitor();
  await opened(stranger, site.page(id));
  await write(stranger, "I am somebody else");
  await conversation("I am somebody else");
  assert.deepEqual(await log(stranger).locator(".msg p").allTextContents(), ["I am somebody else"]);
  for (const one of [page, phone, stranger]) await one.context().close();
});

test("a site that is not named gets no window", async () => {
  const elsewhere = await startSite(hub);
  const page = await visitor();
  const id = await open("Shop chat");
  const refused = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/settings"));
  await page.goto(elsewhere.page(id));
  await refused;
  const { status } = await fetch(`${hub.url}/webchat/${id}/session`, { method: "POST", headers: { origin: elsewhere.url, "content-type": "application/json" }, body: "{}" });
  assert.equal(status, 403);
  assert.equal(await page.locator("#switchboard-chat").count(), 0);
  await page.context().close();
  await elsewhere.stop();
});

test("the window fits the site: colour, side, theme, language", async () => {
  const bright = await open("Shop chat", { title: "Talk to us", colour: "#fde047", side: "left", theme: "dark" });
  const page = await visitor();
  await opened(page, site.page(bright, { dark: true }));
  await panel(page).getByRole("heading", { name: "Talk to us" }).waitFor();
  const look = await launcher(page).evaluate((button) => {
    const { backgroundColor, color } = getComputedStyle(button);
    return { backgroundColor, color, left: button.getBoundingClientRect().left };
  });
  assert.equal(look.backgroundColor, "rgb(253, 224, 71)");
  assert.equal(look.color, "rgb(11, 18, 32)", "dark writing on a light colour");
  assert.ok(look.left < 500);
  await write(page, "A question in the dark");
  const { id } = await conversation("A question in the dark");
  await answer(id, "Here is `some` light: https://example.com/lamp");
  await log(page).getByRole("link", { name: "https://example.com/lamp" }).waitFor();
  await checkAccessible(page, "the dark window");
  await picture(page, "webchat-dark");
  await page.context().close();

  const auto = await open("Shop chat", { theme: "auto" });
  for (const [colorScheme, paper] of [["dark", "rgb(17, 24, 39)"], ["light", "rgb(255, 255, 255)"]]) {
    const small = await visitor({ colorScheme, width: 390, height: 844, hasTouch: true });
    await opened(small, site.page(auto, { dark: colorScheme === "dark" }));
    assert.equal(await panel(small).evaluate((one) => getComputedStyle(one).backgroundColor), paper);
    const box = await panel(small).boundingBox();
    assert.deepEqual([box.x, box.y, box.width, box.height], [0, 0, 390, 844], "the whole screen of a telephone");
    await write(small, `From a telephone, ${colorScheme}`);
    const { id } = await conversation(`From a telephone, ${colorScheme}`);
    await answer(id, "Welcome! We will look into it at once.");
    await log(small).getByText("Welcome!").waitFor();
    await checkAccessible(small, "the window on a telephone");
    await picture(small, `webchat-390-${colorScheme}`);
    await small.context().close();
  }

  for (const [locale, words, dir] of [["de-AT", "Chat öffnen", "ltr"], ["ar-EG", "فتح المحادثة", "rtl"], ["fi-FI", "Open chat", "ltr"]]) {
    const abroad = await visitor({ locale });
    await abroad.goto(site.page(auto));
    await abroad.getByRole("button", { name: words }).click();
    assert.equal(await panel(abroad).evaluate((one) => getComputedStyle(one).direction), dir);
    await checkAccessible(abroad, `the window in ${locale}`);
    await picture(abroad, `webchat-${locale}`);
    await abroad.context().close();
  }
});

test("the window lives with a strict policy of the site", async () => {
  const page = await visitor();
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${hub.url}; connect-src ${hub.url} ${hub.url.replace("http", "ws")}; img-src ${hub.url}; media-src ${hub.url}`;
  await opened(page, site.page(await open("Shop chat"), { headers: { "content-security-policy": policy } }));
  await write(page, "Through the gate");
  await conversation("Through the gate");
  assert.deepEqual(page.faults, []);
  assert.notEqual(await panel(page).evaluate((one) => getComputedStyle(one).borderRadius), "0px", "the looks are there");
  await page.context().close();
});

test("the settings show what to put on a site, how it looks, and where a program finds its way", async () => {
  const id = await open("Shop window", { title: "Talk to the shop" });
  const page = await openPage(browser, hub);
  await logIn(page);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`/settings/integrations/${id}`);
  const tag = `<script async src="${hub.url}/webchat.js" data-integration="${id}"></script>`;
  await page.getByRole("region", { name: "Script tag" }).getByText(tag).waitFor();
  assert.equal(await page.getByText("Webhook address").count(), 0);
  await page.getByRole("button", { name: "Copy script tag" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), tag);
  assert.equal(await page.getByRole("textbox", { name: "Public key" }).inputValue(), id);
  assert.equal(await page.getByRole("textbox", { name: "Client address" }).inputValue(), `${hub.url}/webchat/${id}`);
  await page.getByRole("button", { name: "Show a preview" }).click();
  await page.getByTitle("Preview of the chat window").scrollIntoViewIfNeeded();
  const preview = page.frameLocator("iframe[title='Preview of the chat window']");
  await preview.locator("#switchboard-chat .launch").click();
  await preview.locator("#switchboard-chat").getByRole("heading", { name: "Talk to the shop" }).waitFor();
  await checkAccessible(page, "the page of a chat window");
  await picture(page, "webchat-settings");
  const [guide] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("link", { name: "Read about the client interface" }).click()]);
  await guide.getByRole("heading", { name: "The interface, for your own apps" }).waitFor();
  assert.ok(await guide.evaluate(() => scrollY > 0), "it opens where it is asked for");
  await checkAccessible(guide, "the guide");
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
