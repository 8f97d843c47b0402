// Calls and texts through the played Twilio: what rings is taken, held, put through and ended; who wants no more messages gets none.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { act, caller, phone, startHub, until } from "./hub.mjs";
import { ringBriefly } from "./world.mjs";

const customer = (number) => ({ id: `4917600001${number}`, name: `Caller ${number}` });
const does = (who, what) => act(hub, who, { type: "phone", ...what }, "voice");
let hub;
let browser;
let page;
let call;

const incoming = () => page.getByRole("region", { name: "Incoming call" });
const current = () => page.getByRole("region", { name: "Call in progress" });
const thread = () => page.getByRole("log", { name: "Messages", exact: true });

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

test("a call rings, is accepted, held, taken back, put through and ended", async () => {
  const greta = customer(11);
  await does(greta, { act: "call" });
  await incoming().getByText(`+${greta.id}`).first().waitFor();
  await picture(page, "phone-incoming");
  await checkAccessible(page, "the incoming call");
  await incoming().getByRole("button", { name: "Accept" }).click();
  await current().getByText("On the line").waitFor();
  assert.equal(await incoming().count(), 0);
  await current().getByText("Sound runs over Twilio, not in the demo.").waitFor();
  assert.ok(await current().getByRole("button", { name: "Mute" }).isDisabled(), "there is nothing to mute");
  await current().getByRole("button", { name: "Hold" }).click();
  await current().getByText("On hold").waitFor();
  await picture(page, "phone-held");
  await current().getByRole("button", { name: "Resume" }).click();
  await current().getByText("On the line").waitFor();
  await current().getByRole("link").click();
  await page.getByRole("button", { name: /^Call/ }).first().waitFor();
  await thread().getByText("On the line").waitFor();
  await checkAccessible(page, "the call in progress");
  await current().getByRole("button", { name: "Transfer" }).click();
  await page.getByRole("option", { name: "Bruno Lima" }).waitFor();
  await picture(page, "phone-transfer");
  await page.getByRole("option", { name: "Bruno Lima" }).click();
  // A colleague's telephone is answered by itself in the demo: the call is theirs now.
  await current().waitFor({ state: "detached" });
  await thread().getByText(/taken by Bruno Lima/).waitFor();
  await thread().getByRole("button", { name: "Hang up" }).click();
  await thread().getByText(/Ended/).waitFor();
});

test("nothing is written on a telephone: the composer offers a call, and notes", async () => {
  const { data } = await call("GET", "/conversations?channel=voice");
  await page.goto(`/inbox/${data[0].id}`);
  const composer = page.getByRole("region", { name: "Composer" });
  await composer.getByText("Voice carries calls, not texts.").waitFor();
  await composer.getByRole("button", { name: /^Call / }).waitFor();
  assert.equal(await composer.getByRole("textbox").count(), 0);
  await picture(page, "phone-no-texts");
  await composer.getByRole("button", { name: "Write a note" }).click();
  await composer.getByRole("textbox").fill("Wants to be called in the morning");
  await composer.getByRole("button", { name: "Add note" }).click();
  await thread().getByText("Wants to be called in the morning").waitFor();
});

test("a call that nobody takes is told, and called back", async () => {
  const amos = customer(12);
  await does(amos, { act: "call" });
  await incoming().getByRole("button", { name: "Decline" }).click();
  await incoming().waitFor({ state: "detached" });
  await does(amos, { act: "hang_up" });
  await page.getByText(/^Missed call from .*Call back, or write\./).waitFor();
  await page.getByRole("button", { name: "Open" }).click();
  await thread().getByText("Missed call", { exact: true }).waitFor();
  await page.locator("[data-conversation]").getByLabel("Call back").first().waitFor();
  await picture(page, "phone-missed");
  await thread().getByRole("button", { name: "Call back" }).click();
  await current().getByText(/Your line rings first|Ringing the customer/).waitFor();
  await until(async () => (await phone(hub, amos, "voice")).some((one) => !one.from_customer && one.status === "ringing"));
  await does(amos, { act: "answer" });
  await current().getByText("On the line").waitFor();
  await does(amos, { act: "hang_up" });
  await current().waitFor({ state: "detached" });
  await thread().getByText(/Ended/).first().waitFor();
});

test("who is not ready for calls hears none, and can still take one on a telephone", async () => {
  const lise = customer(13);
  await page.getByRole("button", { name: "Ready for calls" }).click();
  await page.getByRole("button", { name: "Not ready for calls" }).waitFor();
  await does(lise, { act: "call" });
  await page.locator("[data-conversation]", { hasText: lise.id.slice(-4) }).first().waitFor();
  assert.equal(await incoming().count(), 0);
  await page.getByRole("button", { name: "Not ready for calls" }).click();
  await incoming().getByRole("button", { name: "My telephone" }).click();
  await page.getByLabel("Your telephone number").fill("+49 (151) 999-99999");
  await picture(page, "phone-own-number");
  await page.getByRole("button", { name: "Ring me" }).click();
  await incoming().waitFor({ state: "detached" });
  const { data } = await call("GET", "/calls");
  assert.equal(data.length, 1);
  await until(async () => (await call("GET", "/calls")).data[0]?.message.parts[0].state === "in_progress");
  await does(lise, { act: "hang_up" });
});

test("STOP closes the composer with its reason, START opens it", async () => {
  const vera = customer(14);
  const says = (text) => act(hub, vera, { type: "text", text }, "sms");
  await says("Do you have umbrellas?");
  const { data } = await call("GET", "/conversations?channel=sms&q=umbrellas");
  await page.goto(`/inbox/${data[0].id}`);
  const composer = page.getByRole("region", { name: "Composer" });
  await composer.getByRole("textbox").fill("We do");
  await says("STOP");
  await composer.getByText(/wants no more messages on SMS, since .* once they have sent START\./).waitFor();
  assert.equal(await composer.getByRole("textbox").count(), 0);
  await page.getByText("Opted out").filter({ visible: true }).first().waitFor();
  await picture(page, "phone-opted-out");
  await checkAccessible(page, "the closed composer");
  await says("START");
  await composer.getByRole("textbox").waitFor();
  assert.equal(await composer.getByRole("textbox").inputValue(), "We do", "what was written is kept");
});

test("a message for later is seen, moved, cancelled and taken up again", async () => {
  const composer = page.getByRole("region", { name: "Composer" });
  await composer.getByRole("textbox").fill("Good morning, the umbrellas are in");
  await composer.getByRole("button", { name: "More ways to send" }).click();
  await page.getByRole("menuitem", { name: "Send later" }).click();
  await page.getByRole("dialog").getByRole("option", { name: "Tomorrow morning" }).waitFor();
  await picture(page, "later-times");
  await page.getByRole("dialog").getByRole("option", { name: "Tomorrow morning" }).click();
  const waiting = page.getByRole("region", { name: "Messages for later" });
  await waiting.getByText("Good morning, the umbrellas are in").waitFor();
  await waiting.getByText(/Tomorrow, /).waitFor();
  assert.equal(await composer.getByRole("textbox").inputValue(), "");
  await picture(page, "later-waiting");
  await checkAccessible(page, "messages for later");
  await waiting.getByRole("button", { name: "Another time" }).click();
  await page.getByRole("dialog").getByRole("option", { name: "In 1 hour" }).click();
  await waiting.getByText(/Today, |Tomorrow, /).waitFor();
  await waiting.getByRole("button", { name: "Do not send it" }).click();
  await waiting.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Edit it" }).click();
  assert.equal(await composer.getByRole("textbox").inputValue(), "Good morning, the umbrellas are in");
});

test("in the playground a customer calls, speaks after the tone, and writes STOP", async () => {
  await ringBriefly(call);
  const playground = await openPage(browser, hub);
  await playground.goto("/playground");
  await playground.getByRole("radio", { name: /voice$/ }).click();
  await playground.getByRole("button", { name: "Call the business" }).click();
  const pad = playground.getByRole("group", { name: "Telephone" });
  await pad.getByRole("button", { name: "Hang up" }).waitFor();
  await picture(playground, "playground-call");
  await pad.getByRole("button", { name: "Leave a message" }).click({ timeout: 60_000 });
  await pad.getByText("No call").waitFor({ timeout: 30_000 });
  await checkAccessible(playground, "the playground's telephone");
  await until(async () => (await call("GET", "/conversations?channel=voice")).data.some((one) => one.last_message.text.startsWith("Voicemail")));
  await playground.getByRole("radio", { name: /sms$/ }).click();
  await playground.getByRole("button", { name: "More that a customer can do" }).click();
  await playground.getByRole("menuitem", { name: "Write STOP" }).click();
  await playground.getByRole("article", { name: "You" }).getByText("STOP").waitFor();
  assert.deepEqual(playground.faults, []);
  assert.deepEqual(page.faults, []);
  await playground.context().close();
});
