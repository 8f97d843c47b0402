// What shows only with many channels and many people: letters, calls, drafts that wait, one timeline, who is away, and what is taken back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, settled, startBrowser, still } from "./browser.mjs";
import { act, caller, startHub } from "./hub.mjs";
import { fillEveryChannel, leaveVoicemail, ringBriefly } from "./world.mjs";

let hub;
let browser;
let page;
let world;

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  world = await fillEveryChannel(hub);
  await ringBriefly(world.call);
  page = await openPage(browser, hub);
  await logIn(page);
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

const conversation = () => page.getByRole("region", { name: "Conversation", exact: true });
const row = (name) => page.locator("[data-conversation]", { hasText: name });

/** The newest conversation on a channel. */
async function on(channel) {
  return (await world.call("GET", `/conversations?channel=${channel}&limit=1`)).data[0];
}

test("a formatted letter stands as it was sent, with its copies, its picture and its invitation", async () => {
  await row("Ines Duarte").click();
  const frame = page.frameLocator("iframe[title='The letter as it was formatted']");
  await frame.getByRole("heading", { name: "Purchase order 7741" }).waitFor();
  assert.equal(await frame.locator("img[src]").evaluate((image) => image.complete && image.naturalWidth), 420, "the picture in the text is shown");
  assert.equal(await frame.locator("blockquote").count(), 0, "what was quoted is folded");
  // The frame takes its letter's height when the picture is there: the thread rests first.
  await settled(page);
  await still(page.locator("iframe[title='The letter as it was formatted']"));
  await page.getByText("Ines Duarte <ines@atelier.example> · 2 copies").click();
  await page.getByText("Marco Reis <marco@atelier.example>").waitFor();
  const invitation = page.getByRole("article").filter({ hasText: "Spring order, prices and delivery" });
  await invitation.getByText(/Jan 14, 2027, 10:00 – 10:45/).waitFor();
  await checkAccessible(page, "a letter");
  await picture(page, "letter");
});

test("half-written letters, replies and notes wait in their own conversations, and outlive a reload", async () => {
  await page.getByRole("textbox", { name: "Subject" }).fill("Prices for the spring");
  await page.getByRole("button", { name: "Cc", exact: true }).click();
  await page.getByRole("textbox", { name: "Cc", exact: true }).fill("marco@atelier.example");
  await page.getByRole("textbox", { name: "Reply" }).fill("Dear Ines,");
  await row("Hanna Lindqvist").click();
  await conversation().getByRole("heading", { name: "Hanna Lindqvist" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Subject" }).inputValue(), "");
  assert.equal(await page.getByRole("textbox", { name: "Reply" }).inputValue(), "");
  await row("Ines Duarte").getByText("Draft:").waitFor();
  await page.reload();
  await row("Ines Duarte").click();
  await conversation().getByRole("heading", { name: "Ines Duarte" }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Subject" }).inputValue(), "Prices for the spring");
  assert.equal(await page.getByRole("textbox", { name: "Cc", exact: true }).inputValue(), "marco@atelier.example");
  assert.equal(await page.getByRole("textbox", { name: "Reply" }).inputValue(), "Dear Ines,");
});

test("a text message says what it costs while it is written", async () => {
  await page.goto(`/inbox/${(await on("sms")).id}`);
  const field = page.getByRole("textbox", { name: "Reply" });
  await field.fill("The new link works now.");
  await page.getByText("1 segment · GSM-7").waitFor();
  await field.fill("The new link works now – sorry. ".repeat(4));
  await page.getByText("2 segments · UCS-2").waitFor();
  await field.fill("");
});

test("where not every network has buttons, the composer shows the lines that are sent instead, and counts them", async () => {
  const field = page.getByRole("textbox", { name: "Reply" });
  const choices = page.getByRole("group", { name: "Choices under the message" });
  await field.fill("When shall we *call*?");
  await page.getByText("1 segment · GSM-7").waitFor();
  await page.getByRole("button", { name: "More to send" }).click();
  await page.getByRole("menuitem", { name: "Buttons or a list" }).click();
  await choices.getByText(/no buttons, the choices are numbered lines/).waitFor();
  await page.getByRole("textbox", { name: "Button 1" }).fill("This morning");
  await page.getByRole("button", { name: "Another choice" }).click();
  await page.getByRole("textbox", { name: "Button 2" }).fill("Tomorrow 🙂");
  assert.equal(await choices.getByRole("note", { name: "As numbered lines" }).innerText(), "When shall we call?\n1. This morning\n2. Tomorrow 🙂");
  await page.getByText("1 segment · UCS-2").waitFor();
  await checkAccessible(page, "choices in words");
  await picture(page, "choices-in-words");
  await choices.getByRole("button", { name: "Remove the choices" }).click();
  await field.fill("");
  // Elsewhere buttons are buttons.
  await page.goto(`/inbox/${(await on("whatsapp")).id}`);
  await page.getByRole("button", { name: "More to send" }).click();
  await page.getByRole("menuitem", { name: "Buttons or a list" }).click();
  await page.getByRole("textbox", { name: "Button 1" }).waitFor();
  assert.equal(await choices.getByText(/numbered lines/).count(), 0);
  await choices.getByRole("button", { name: "Remove the choices" }).click();
});

test("a voicemail is a call with its recording, and nothing can be written into a telephone", async () => {
  await leaveVoicemail(hub, world.people.voice);
  const call = await on("voice");
  await page.goto(`/inbox/${call.id}`);
  await page.getByText("Call from the customer").waitFor();
  await page.getByText(/Left a message/).waitFor();
  await page.getByRole("button", { name: /^Play/ }).waitFor();
  assert.equal(await page.getByRole("tab", { name: /Reply/ }).count(), 0);
  const composer = page.getByRole("region", { name: "Composer" });
  await composer.getByText("carries calls, not texts").waitFor();
  assert.equal(await composer.getByRole("textbox").count(), 0);
  await composer.getByRole("button", { name: "Write a note" }).waitFor();
  await composer.getByRole("button", { name: /^Call / }).waitFor();
  await checkAccessible(page, "a call");
});

test("what was said with one person on several channels is one line", async () => {
  const [slack, messenger] = [await on("slack"), await on("messenger")];
  await world.call("POST", `/contacts/${slack.contact.id}/merge`, { contact_id: messenger.contact.id });
  await page.goto(`/inbox/${slack.id}`);
  const line = page.getByRole("list", { name: "Timeline" });
  await line.getByRole("link", { name: /Sofia Marino on Messenger: Buongiorno/ }).waitFor();
  await act(hub, world.people.messenger, { type: "text", text: "Grazie mille" }, "messenger");
  await line.getByRole("link", { name: /on Messenger: Grazie mille/ }).waitFor();
  const panel = page.getByRole("complementary", { name: "Contact" });
  for (const name of ["Slack", "Messenger"]) await panel.getByText(name, { exact: true }).waitFor();
  await line.getByRole("link", { name: /Buongiorno/ }).click();
  await page.waitForURL(new RegExp(messenger.id));
  await checkAccessible(page, "the timeline");
});

test("who is away says so, and is seen to be away at once", async () => {
  const colleague = await openPage(browser, hub);
  await logIn(colleague, "chen@demo.example");
  await page.getByRole("button", { name: /Assigned to nobody/ }).click();
  await page.getByRole("option", { name: "Chen Wei", exact: true }).waitFor();
  await colleague.getByRole("button", { name: "You: Chen Wei, available" }).click();
  await colleague.getByRole("menuitem", { name: "Away" }).click();
  await colleague.getByRole("button", { name: "You: Chen Wei, away" }).waitFor();
  await page.getByRole("option", { name: /Chen Wei.*Away/ }).waitFor();
  const names = await page.getByRole("option").allInnerTexts();
  assert.match(names[0], /Ada Okafor/, "oneself first");
  assert.ok(names.findIndex((name) => name.includes("Bruno")) < names.findIndex((name) => name.includes("Chen")), "who is away comes behind");
  await page.keyboard.press("Escape");
  assert.deepEqual(colleague.faults, []);
  await colleague.context().close();
});

test("a click waits for no wire: closing shows at once, is undone, and is taken back when it is refused", async () => {
  await page.goto(`/inbox/${(await on("discord")).id}`);
  const close = conversation().getByRole("button", { name: "Close" });
  const reopen = conversation().getByRole("button", { name: "Reopen" });
  let answer;
  const held = new Promise((done) => (answer = done));
  await page.route("**/api/v1/conversations/*", async (route) => {
    if (route.request().method() !== "PATCH") return route.continue();
    await held;
    return route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ code: "unavailable", detail: "The database is away." }) });
  });
  await close.click();
  await reopen.waitFor({ timeout: 1000 });
  await row("Mika Virtanen").waitFor({ state: "detached", timeout: 1000 });
  answer();
  await page.getByText("Not closed. The database is away.").waitFor();
  await close.waitFor();
  await row("Mika Virtanen").waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  const patched = () => page.waitForResponse((response) => response.request().method() === "PATCH" && response.url().includes("/conversations/"));
  const closed = patched();
  await close.click();
  await page.getByText("Conversation closed.").waitFor();
  assert.equal((await closed).status(), 200);
  const undone = patched();
  await page.getByRole("button", { name: "Undo" }).click();
  await close.waitFor();
  assert.equal((await undone).status(), 200);
  assert.equal((await on("discord")).status, "open");
});

test("an answer that was not sent says why, and goes with one press", async () => {
  const field = page.getByRole("textbox", { name: "Reply" });
  await page.route("**/messages", (route) => (route.request().method() === "POST" ? route.fulfill({ status: 422, contentType: "application/problem+json", body: '{"code":"too_many_stamps"}' }) : route.continue()));
  await field.fill("It does, a green one");
  await field.press("Enter");
  const bubble = page.getByRole("article").filter({ hasText: "It does, a green one" });
  await bubble.getByText("This was not accepted: too many stamps.").waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await bubble.getByRole("button", { name: "Try again" }).click();
  await bubble.locator("[data-status=sent], [data-status=delivered]").waitFor();
  assert.equal(await bubble.count(), 1);
});

test("an account that is paused says so where somebody would write", async () => {
  const { integration_id: id } = await on("discord");
  await world.call("POST", `/integrations/${id}/pause`);
  await page.getByText("is paused: nothing leaves until it is resumed.").waitFor();
  await checkAccessible(page, "a paused account");
  await world.call("POST", `/integrations/${id}/resume`);
  await page.getByText("is paused: nothing leaves").waitFor({ state: "detached" });
});

test("five thousand conversations are scrolled and walked without a stumble", async () => {
  const one = await on("slack");
  const all = Array.from({ length: 5000 }, (_, number) => ({
    ...one,
    id: `0190a7c2-0000-7000-8000-${String(number).padStart(12, "0")}`,
    contact: { ...one.contact, name: `Customer ${number}` },
    last_message_at: new Date(Date.now() - number * 1000).toISOString(),
  }));
  await page.route("**/api/v1/conversations?*", (route) => route.fulfill({ json: { data: all, next_cursor: null } }));
  await page.goto("/inbox");
  await row("Customer 0").first().waitFor();
  const list = page.getByRole("region", { name: "Conversations" });
  const middle = await list.evaluate(async (element) => {
    const took = [];
    for (let step = 1; step <= 60; step++) {
      const began = performance.now();
      element.scrollTop = (element.scrollHeight * step) / 60;
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      took.push(performance.now() - began);
    }
    return took.sort((one, other) => one - other)[30];
  });
  await row("Customer 4999").waitFor();
  assert.ok((await page.locator("[data-conversation]").count()) < 60, "only what is seen is in the page");
  assert.ok(middle < 250, `half of sixty jumps took more than ${Math.round(middle)} ms`);
  await list.evaluate((element) => element.scrollTo(0, 0));
  await row("Customer 0").first().waitFor();
  for (let step = 0; step < 40; step++) await page.locator("body").press("j");
  await page.locator("[data-conversation]:focus", { hasText: "Customer 39" }).waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("nothing jumps while a page loads", async () => {
  const target = await on("email");
  const other = await openPage(browser, hub);
  await logIn(other);
  for (const path of ["/inbox", `/inbox/${target.id}`, "/settings/integrations"]) {
    await other.addInitScript(() => {
      window.shifted = 0;
      new PerformanceObserver((entries) => entries.getEntries().forEach((entry) => (window.shifted += entry.hadRecentInput ? 0 : entry.value))).observe({ type: "layout-shift", buffered: true });
    });
    await other.goto(path);
    await settled(other);
    const shifted = await other.evaluate(() => window.shifted);
    assert.ok(shifted < 0.1, `${path} moves by ${shifted.toFixed(3)}`);
  }
  assert.deepEqual(other.faults, []);
  await other.context().close();
});

test("the main screens are accessible in both themes, wide and narrow", async () => {
  const letter = await on("email");
  const { data: integrations } = await world.call("GET", "/integrations");
  for (const [theme, width] of [["dark", 1280], ["light", 390]]) {
    const other = await openPage(browser, hub, { theme, width, height: 844 });
    await logIn(other);
    const paths = ["/inbox", `/inbox/${letter.id}`, "/settings/integrations", "/settings/callbacks", "/settings/members", `/settings/integrations/${integrations.find((one) => one.channel === "discord").id}`];
    for (const path of paths) {
      await other.goto(path);
      await settled(other);
      await checkAccessible(other, `${path}, ${theme}, ${width} wide`);
    }
    await other.goto("/settings/integrations/new");
    for (const channel of await other.getByRole("radio").all()) {
      await channel.click();
      await checkAccessible(other, `connecting ${await channel.innerText()}, ${theme}, ${width} wide`, "main");
    }
    assert.deepEqual(other.faults, []);
    await other.context().close();
  }
});

test("nothing was thrown", () => assert.deepEqual(page.faults, []));
