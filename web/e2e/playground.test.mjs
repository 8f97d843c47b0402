// Every connected channel from end to end, by hand: a customer writes on the played phone, it stands in the inbox at once, an agent
// answers there, and the phone shows it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { caller, startHub } from "./hub.mjs";

let hub;
let browser;
let inbox;
let street;
let channels;
let accounts = [];

const chat = () => street.getByRole("log", { name: "Chat" });
const row = (text) => inbox.locator("[data-conversation]", { hasText: text }).first();

async function sitDown(account, name) {
  await street.getByRole("textbox", { name: "Name of a new customer" }).fill(name);
  await street.getByRole("button", { name: "Add" }).click();
  await street.getByRole("radio", { name: account.name }).click();
  await street.getByRole("region", { name: `${name}’s phone` }).waitFor();
}

/** What a customer and an agent say to each other, and what both see. */
async function talk(account) {
  const [question, answer] = [`A question over ${account.channel}`, `An answer over ${account.channel}`];
  await street.getByRole("textbox", { name: "Message" }).fill(question);
  await street.getByRole("button", { name: "Send", exact: true }).click();
  await chat().getByText(question).waitFor();
  await row(question).click();
  await inbox.getByRole("article").filter({ hasText: question }).waitFor();
  const field = inbox.getByRole("textbox", { name: "Reply" });
  await field.fill(answer);
  await field.press("Enter");
  await chat().getByText(answer).waitFor();
  await inbox.getByRole("article").filter({ hasText: answer }).locator("[data-status=sent], [data-status=delivered], [data-status=read]").waitFor();
}

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  ({ data: channels } = await (await caller(hub))("GET", "/channels"));
  accounts = (await (await fetch(`${hub.url}/playground/api/accounts`)).json()).data;
  inbox = await openPage(browser, hub);
  await logIn(inbox);
  street = await openPage(browser, hub, { width: 1280, height: 900 });
  await street.goto("/playground");
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("every channel that there is can be played", () => {
  assert.deepEqual(accounts.map((one) => one.channel).sort(), channels.map((one) => one.id).sort());
});

test("on each of them a customer and an agent talk", async (context) => {
  // Calls have tests of their own.
  for (const account of accounts.filter((one) => !one.telephone)) {
    await context.test(account.channel, async () => {
      await sitDown(account, `Visitor of ${account.channel}`);
      try {
        await talk(account);
      } finally {
        await picture(street, `playground-${account.channel}`);
        await picture(inbox, `playground-${account.channel}-inbox`);
      }
    });
  }
  await checkAccessible(street, "the playground");
  assert.deepEqual([...street.faults, ...inbox.faults], []);
});

test("the playground fits a telephone", async () => {
  const small = await openPage(browser, hub, { width: 390, height: 844 });
  await small.goto("/playground");
  await small.getByRole("radio", { name: /webchat/ }).click();
  await small.getByRole("link", { name: "Open a page with the real window" }).waitFor();
  await small.getByRole("textbox", { name: "Message" }).scrollIntoViewIfNeeded();
  const wide = await small.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels wide`);
  await picture(small, "playground-390");
  await small.context().close();
});
