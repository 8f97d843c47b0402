// Money inside the conversation: asked for in its thread, paid on the provider's played page, given back in part, and the books add up.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, settled, startBrowser } from "./browser.mjs";
import { act, caller, startHub, until } from "./hub.mjs";
import { startSite } from "./site.mjs";

let hub;
let browser;
let page;
let call;
let accounts;

const customer = (number) => ({ id: `4917600004${number}`, name: `Payer ${number}` });
const account = (name) => accounts.find((one) => one.name === name);
const dialog = () => page.getByRole("dialog");
const bubble = (what) => page.getByRole("log", { name: "Messages" }).getByRole("region", { name: `Payment: ${what}` });
const money = (minor, currency) => new Intl.NumberFormat("en-US", { style: "currency", currency }).format(minor / 100);

async function open(who, text) {
  await act(hub, who, { type: "text", text });
  await page.goto("/inbox");
  await page.locator("[data-conversation]", { hasText: who.name }).first().click();
  await page.getByRole("article").filter({ hasText: text }).waitFor();
}

/** The conversation whose last message says that, once it is there. */
function conversation(text, channel) {
  return until(async () => (await call("GET", `/conversations?channel=${channel}`)).data.find((one) => one.last_message?.text === text));
}

/** Fills in the open dialog and sends it. */
async function ask({ amount, currency = "BRL", what, to }) {
  if (to) await dialog().getByLabel("Paid to").selectOption(account(to).id);
  if ((await dialog().getByLabel("Currency").getAttribute("readonly")) === null && currency) await dialog().getByLabel("Currency").fill(currency);
  await dialog().getByLabel("Amount").fill(amount);
  await dialog().getByLabel("For what").fill(what);
  const send = dialog().getByRole("button", { name: /^Ask for .*\d/ });
  await send.click();
  await send.waitFor({ state: "detached" });
}

/** The request of that name, once it can be paid. */
function offered(what) {
  return until(async () => (await call("GET", "/payments?limit=50")).data.find((one) => one.description === what && one.url));
}

/** What a payer does on the provider's page. */
async function pay(url, button = "Pay") {
  const payer = await openPage(browser, hub);
  await payer.goto(url);
  await payer.getByRole("button", { name: button, exact: true }).click();
  await payer.waitForLoadState();
  await payer.context().close();
}

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  call = await caller(hub);
  accounts = await until(async () => {
    const { data } = await call("GET", "/payment-accounts");
    return data.filter((one) => one.status === "connected").length > 1 && data;
  });
  page = await openPage(browser, hub);
  await logIn(page);
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("from the first message to paid, without leaving the conversation", async () => {
  await open(customer(11), "I take the family tent.");
  await page.getByRole("button", { name: "Ask for money" }).first().click();
  await dialog().getByLabel("Amount").fill("1.250");
  await dialog().getByText("Write an amount").waitFor();
  await settled(page);
  await picture(page, "payments-ask");
  await checkAccessible(page, "asking for money");
  await ask({ amount: "1.250,50", what: "Family tent", to: "Stripe (played)" });
  await bubble("Family tent").getByText("R$1,250.50").waitFor();
  await bubble("Family tent").getByText("Waiting").waitFor();
  await bubble("Family tent").getByRole("button", { name: "Copy link" }).waitFor();
  await bubble("Family tent").getByText(/^expires in /).waitFor();
  await picture(page, "payments-waiting");
  await checkAccessible(page, "a request for money in the thread");
  const made = await offered("Family tent");
  assert.deepEqual(made.amount, { minor: 125_050, currency: "BRL" });
  await pay(made.url);
  await bubble("Family tent").getByText("Paid", { exact: true }).waitFor();
  await page.getByRole("complementary", { name: "Contact" }).getByRole("list", { name: "Payments of the contact" }).getByText("Paid", { exact: true }).waitFor();
  await picture(page, "payments-paid");
});

test("some of it goes back, and both sides know why", async () => {
  await bubble("Family tent").getByRole("button", { name: "More about this payment" }).click();
  await page.getByRole("menuitem", { name: "Refund…" }).click();
  assert.equal(await dialog().getByLabel("Amount in BRL").inputValue(), "1250.50", "all that is left is proposed");
  await dialog().getByLabel("Amount in BRL").fill("2000");
  await dialog().getByText("No more than R$1,250.50 is left.").waitFor();
  await dialog().getByLabel("Amount in BRL").fill("250,50");
  await dialog().getByLabel("Why").fill("One pole was bent");
  await picture(page, "payments-refund");
  await checkAccessible(page, "a refund");
  await dialog().getByRole("button", { name: "Refund R$250.50" }).click();
  await dialog().getByRole("list", { name: "Refunds" }).getByText("Went back").waitFor();
  await dialog().getByRole("list", { name: "Refunds" }).getByText("One pole was bent").waitFor();
  await dialog().getByText("Paid → Partly refunded").waitFor();
  await picture(page, "payments-detail");
  await checkAccessible(page, "all about a payment");
  await page.keyboard.press("Escape");
  await bubble("Family tent").getByText("Partly refunded").waitFor();
  await bubble("Family tent").getByText("R$250.50 went back").waitFor();
});

test("what was asked for by mistake is cancelled, and cannot be paid", async () => {
  await page.getByRole("log", { name: "Messages" }).focus();
  await page.keyboard.press("$");
  await ask({ amount: "10", what: "A mistake", to: "Stripe (played)" });
  const made = await offered("A mistake");
  await bubble("A mistake").getByRole("button", { name: "More about this payment" }).click();
  await page.getByRole("menuitem", { name: "Cancel" }).click();
  await dialog().getByRole("button", { name: "Cancel the request" }).click();
  await bubble("A mistake").getByText("Cancelled").waitFor();
  const payer = await openPage(browser, hub);
  await payer.goto(made.url);
  assert.equal(await payer.getByRole("button", { name: "Pay", exact: true }).count(), 0);
  await payer.context().close();
});

test("Mercado Pago is paid in the same way", async () => {
  await open(customer(12), "And the small one?");
  await page.getByRole("button", { name: "Ask for money" }).first().click();
  await ask({ amount: "99,90", what: "Small tent", to: "Mercado Pago (played)" });
  await pay((await offered("Small tent")).url);
  await bubble("Small tent").getByText("Paid", { exact: true }).waitFor();
});

test("a deal is asked for by its lines, and moves when it is paid", async () => {
  const [board] = (await call("GET", "/pipelines")).data;
  await call("PATCH", `/pipelines/${board.id}`, { on_paid_stage_id: null });
  await page.goto("/settings/pipelines");
  const form = page.getByRole("form", { name: board.name });
  await form.getByLabel("A deal whose payment is paid moves to").selectOption({ label: "Won" });
  await form.getByRole("button", { name: "Save" }).click();
  await until(async () => (await call("GET", "/pipelines")).data[0].on_paid_stage_id === board.stages.find((one) => one.kind === "won").id);

  await act(hub, customer(13), { type: "text", text: "Two of the green ones, please." });
  const place = await conversation("Two of the green ones, please.", "whatsapp");
  const deal = await call("POST", "/deals", { title: "Two green tents", stage_id: board.stages[0].id, contact_id: place.contact.id, conversation_id: place.id });
  await call("PATCH", `/deals/${deal.id}`, { lines: [{ name: "Green tent", quantity: "2", unit_minor: 32_900 }] });
  await page.goto(`/deals/${deal.id}`);
  const panel = page.getByRole("complementary", { name: "Deal", exact: true });
  await panel.getByRole("button", { name: "Ask for money" }).click();
  await dialog().getByRole("radio", { name: /From the deal’s lines/ }).check();
  await dialog().getByLabel("Paid to").selectOption(account("Stripe (played)").id);
  await picture(page, "payments-lines");
  await checkAccessible(page, "asking for what a deal sells");
  await dialog().getByRole("button", { name: `Ask for ${money(65_800, board.currency)}` }).click();
  await dialog().waitFor({ state: "detached" });
  const made = await offered("Two green tents");
  assert.equal(made.deal_id, deal.id);
  await panel.getByRole("list", { name: "Payments of the deal" }).getByText("Waiting").waitFor();
  await pay(made.url);
  await panel.getByRole("list", { name: "Payments of the deal" }).getByText("Paid", { exact: true }).waitFor();
  await page.getByRole("region", { name: "Won", exact: true }).locator("[data-deal]").filter({ hasText: "Two green tents" }).waitFor();
  const story = panel.getByRole("list", { name: "What happened" });
  await story.getByText(`${money(65_800, board.currency)} was paid`).waitFor();
  await picture(page, "payments-deal");
});

test("all payments stand in a table, and the books add up", async () => {
  await page.goto("/payments");
  const rows = page.getByRole("list", { name: "Payments", exact: true }).getByRole("listitem");
  await rows.filter({ hasText: "Family tent" }).getByText("Partly refunded").waitFor();
  await picture(page, "payments-table");
  await checkAccessible(page, "the table of payments");
  await page.getByLabel("State").selectOption({ label: "Cancelled" });
  await rows.filter({ hasText: "A mistake" }).waitFor();
  await rows.filter({ hasText: "Family tent" }).waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Books" }).click();
  const stripe = account("Stripe (played)");
  const days = (await call("GET", `/payments/balance?account_id=${stripe.id}`)).data.filter((one) => one.currency === "BRL");
  const sum = (name) => days.reduce((whole, day) => whole + day[name], 0);
  assert.ok(sum("captured") >= 125_050);
  assert.ok(sum("refunded") >= 25_050);
  assert.equal(sum("net"), sum("captured") - sum("refunded") - sum("lost") - sum("fees"));
  const book = page.getByRole("region", { name: "Stripe (played), BRL" });
  // The month's first day may be younger than what was asked of the server above.
  await page.getByLabel("From").fill(days.at(-1).day);
  const total = book.getByRole("row", { name: /^Total/ });
  await total.getByText(money(sum("captured"), "BRL")).waitFor();
  await total.getByText(money(-sum("refunded"), "BRL")).waitFor();
  await total.getByText(money(sum("net"), "BRL")).waitFor();
  await picture(page, "payments-books");
  await checkAccessible(page, "the books");
});

test("what waits for a person is on one page", async () => {
  await page.getByRole("link", { name: /^To look at/ }).click();
  await page.getByText("Compared with the providers").waitFor();
  await page.getByRole("button", { name: "Check now" }).click();
  await page.getByText("Every account is compared with its provider now.").waitFor();
  await until(async () => (await call("GET", "/payments/reconciliation")).checked.every((one) => one.at && !one.error));
  await page.reload();
  await page.getByText(/just now, \d+ charges?/).first().waitFor();
  await picture(page, "payments-look");
  await checkAccessible(page, "what is to be looked at");
});

test("a link without a conversation is shown to be copied", async () => {
  await page.goto("/payments");
  await page.getByRole("button", { name: "Make a payment link" }).click();
  await ask({ amount: "15", what: "At the counter", to: "Stripe (played)" });
  const link = dialog().getByLabel("Link", { exact: true });
  await link.waitFor();
  assert.equal(await link.inputValue(), (await offered("At the counter")).url);
  await page.keyboard.press("Escape");
});

test("an admin sees the accounts and what they need", async () => {
  await page.goto("/settings/payments");
  const panel = page.getByRole("heading", { name: "Stripe (played)" });
  await panel.waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Callback address of Stripe (played)" }).inputValue(), account("Stripe (played)").webhook_url);
  await page.getByRole("button", { name: "Test", exact: true }).first().click();
  await page.getByText(/works\.$/).first().waitFor();
  await picture(page, "payments-accounts");
  await checkAccessible(page, "payment accounts");
  await page.getByRole("button", { name: "Connect an account" }).click();
  await dialog().getByRole("radio", { name: "Stripe" }).click();
  await dialog().getByLabel("Secret key").waitFor();
  await picture(page, "payments-connect");
  await checkAccessible(page, "connecting a payment account");
  await page.keyboard.press("Escape");
});

test("in the chat window the request is a live card", async () => {
  const site = await startSite(hub);
  try {
    const { id } = await call("POST", "/integrations", { channel: "webchat", name: "Shop with a till", account: { allowed_origins: site.url } });
    const visitor = await openPage(browser, hub, { width: 1000, height: 800 });
    await visitor.goto(site.page(id));
    const chat = visitor.locator("#switchboard-chat");
    await chat.locator(".launch").click();
    await chat.locator("textarea").fill("Can I pay here?");
    await chat.locator("textarea").press("Enter");
    const place = await conversation("Can I pay here?", "webchat");
    await page.goto(`/inbox/${place.id}`);
    await page.getByRole("button", { name: "Ask for money" }).first().click();
    await ask({ amount: "42", what: "A stove", to: "Stripe (played)" });
    const card = chat.getByRole("group", { name: "A stove" });
    await card.getByText("R$42.00").waitFor();
    const link = card.getByRole("link", { name: "Pay" });
    await link.waitFor();
    await picture(visitor, "payments-widget");
    await checkAccessible(visitor, "a request for money in the chat window");
    await pay(await link.getAttribute("href"));
    await card.getByText("Paid", { exact: true }).waitFor();
    assert.equal(await card.getByRole("link", { name: "Pay" }).count(), 0);
    await visitor.context().close();
  } finally {
    await site.stop();
  }
  assert.deepEqual(page.faults, []);
});

test("payments on a phone", async () => {
  const phone = await openPage(browser, hub, { width: 390, height: 844, theme: "dark" });
  await logIn(phone);
  await phone.getByRole("button", { name: /^You: / }).click();
  await phone.getByRole("menuitem", { name: "Payments" }).click();
  const row = phone.getByRole("list", { name: "Payments", exact: true }).getByRole("listitem").filter({ hasText: "Family tent" });
  await row.waitFor();
  await picture(phone, "payments-phone");
  await row.click();
  await phone.getByRole("dialog").getByRole("list", { name: "Charges" }).waitFor();
  await settled(phone);
  await picture(phone, "payments-phone-detail");
  await checkAccessible(phone, "a payment on a phone");
  await phone.context().close();
});
