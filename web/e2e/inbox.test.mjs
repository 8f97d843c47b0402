// The main job in a real browser against a real hub: a customer writes, an agent answers, and all of it is live.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, logInByForm, openPage, picture, startBrowser } from "./browser.mjs";
import { act, startHub } from "./hub.mjs";

const grace = { id: "4915112340901", name: "Grace Hopper", username: "grace" };
let hub;
let browser;
let page;

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  page = await openPage(browser, hub);
  await logInByForm(page);
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("a customer's message appears without a reload", async () => {
  await act(hub, grace, { type: "text", text: "Is the shop open on *Sunday*?" });
  const row = page.locator("[data-conversation]", { hasText: "Grace Hopper" });
  await row.getByText("Is the shop open on").waitFor();
  await picture(page, "inbox");
  await row.click();
  await page.getByRole("log", { name: "Messages" }).locator("strong", { hasText: "Sunday" }).waitFor();
  await page.getByText("New since you were away").waitFor();
  // Seen is read: the row loses its count.
  await page.locator("[data-conversation][aria-label^='Grace Hopper on whatsapp:']").waitFor();
});

test("a reply leaves, and its state becomes read when the customer looks", async () => {
  const field = page.getByRole("textbox", { name: "Reply" });
  await field.fill("Yes, from ten to four.");
  await field.press("Enter");
  const bubble = page.getByRole("article").filter({ hasText: "Yes, from ten to four." });
  await bubble.locator("[data-status=delivered]").waitFor();
  await act(hub, grace, { type: "read" });
  await bubble.locator("[data-status=read]").waitFor();
  assert.equal(await bubble.count(), 1, "the message is shown once");
  await act(hub, grace, { type: "text", text: "Wonderful, thank you" });
  await page.getByRole("article").filter({ hasText: "Wonderful, thank you" }).waitFor();
});

test("an emoji comes where the cursor stands", async () => {
  const field = page.getByRole("textbox", { name: "Reply" });
  await field.fill("See you soon");
  await field.evaluate((box) => box.setSelectionRange(7, 7));
  await page.getByRole("button", { name: "Emoji", exact: true }).click();
  await page.getByRole("dialog", { name: "Emoji" }).getByRole("button").first().click();
  assert.match(await field.inputValue(), /^See you\p{Emoji}+\S* soon$/u);
  await page.keyboard.press("Escape");
  await field.fill("");
});

test("a note is for colleagues, mentions one, and never reaches the customer", async () => {
  await page.keyboard.press("Escape");
  await page.locator("body").press("n");
  const field = page.getByRole("textbox", { name: "Note", exact: true });
  await field.pressSequentially("Please check @Chen");
  await page.getByRole("listbox", { name: "Members to mention" }).getByText("Chen Wei").waitFor();
  await field.press("Enter");
  await field.press("Enter");
  await page.getByRole("article", { name: /Note by Ada/ }).getByText("Please check @Chen Wei").waitFor();
  await picture(page, "note");
});

test("the keyboard assigns, labels, snoozes, closes and reopens", async () => {
  const conversation = page.getByRole("region", { name: "Conversation", exact: true });
  await page.getByRole("textbox", { name: "Note", exact: true }).press("Escape");
  await page.locator("body").press("a");
  await page.getByRole("combobox", { name: "Member or team" }).fill("Chen");
  await page.keyboard.press("Enter");
  await conversation.getByRole("button", { name: /Assigned to Chen Wei/ }).waitFor();

  await page.locator("body").press("l");
  await page.getByRole("dialog").getByRole("option", { name: "VIP" }).click();
  await page.keyboard.press("Escape");
  await conversation.getByLabel("Labels").filter({ hasText: "VIP" }).waitFor();

  await page.locator("body").press("s");
  await page.getByRole("dialog").getByRole("option", { name: /Tomorrow morning/ }).click();
  await page.getByText("Conversation snoozed.").waitFor();
  await act(hub, grace, { type: "text", text: "One more thing" });
  await page.getByRole("article").filter({ hasText: "One more thing" }).waitFor();

  await page.locator("body").press("e");
  await conversation.getByRole("button", { name: "Reopen" }).waitFor();
  await page.locator("body").press("e");
  await conversation.getByRole("button", { name: "Close" }).waitFor();
});

test("the keyboard marks unread, opens the commands, and sends and closes in one", async () => {
  const conversation = page.getByRole("region", { name: "Conversation", exact: true });
  await page.locator("body").press("u");
  await page.locator("[data-conversation][aria-label^='Grace Hopper on whatsapp, 1 unread']").waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Type a command or a name" }).fill("contacts");
  await page.getByRole("option", { name: /Go to contacts/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator("body").press("g");
  await page.locator("body").press("c");
  await page.waitForURL(/\/contacts/);
  await page.locator("body").press("g");
  await page.locator("body").press("i");
  await page.waitForURL(/\/inbox/);
  await page.locator("[data-conversation]", { hasText: "Grace Hopper" }).click();
  await page.getByRole("article").first().waitFor();
  await page.locator("body").press("r");
  await page.keyboard.type("All done, goodbye");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("article").filter({ hasText: "All done, goodbye" }).locator("[data-status=delivered]").waitFor();
  await conversation.getByRole("button", { name: "Reopen" }).click();
  await conversation.getByRole("button", { name: "Close" }).waitFor();
});

test("a menu opens with the click, not after it", async () => {
  // Its code comes while the browser is idle.
  await page.waitForFunction(() => performance.getEntriesByType("resource").some((one) => one.name.includes("menu-parts")));
  await page.waitForTimeout(300);
  const open = await page.getByRole("button", { name: "More", exact: true }).evaluate(async (button) => {
    button.click();
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    return document.querySelector("[role=menu]") !== null;
  });
  assert.ok(open, "the menu stands there with the next frames");
  await page.keyboard.press("Escape");
});

test("the countdown of the window is read whole on a small desk, and keys act on what is open on a narrow one", async () => {
  const small = await openPage(browser, hub, { width: 1280, height: 800 });
  await logIn(small);
  await small.locator("[data-conversation]", { hasText: "Grace Hopper" }).click();
  const left = small.getByRole("region", { name: "Composer" }).getByTitle(/^Free text for/).locator("span").last();
  assert.ok(await left.evaluate((element) => element.scrollWidth <= element.clientWidth), await left.textContent());
  const address = small.url();
  await small.setViewportSize({ width: 390, height: 844 });
  await small.goto(address);
  await small.getByRole("article").first().waitFor();
  await small.locator("body").press("s");
  await small.getByRole("dialog", { name: /Snooze/ }).waitFor();
  assert.deepEqual(small.faults, []);
  await small.context().close();
});

test("the keyboard's place is never lost: a row that leaves gives it to the next, the composer to its row", async () => {
  await page.goto("/inbox");
  await page.locator("[data-conversation]").nth(3).waitFor();
  const rows = await page.locator("[data-conversation]").evaluateAll((all) => all.map((one) => one.getAttribute("data-conversation")));
  const focused = (id) => page.waitForFunction((wanted) => document.activeElement.getAttribute("data-conversation") === wanted, id);
  const [, second, third, fourth] = rows;
  await page.keyboard.press("j");
  await focused(rows[0]);
  await page.keyboard.press("j");
  await focused(second);
  await page.keyboard.press("e");
  await page.locator(`[data-conversation="${second}"]`).waitFor({ state: "detached" });
  await focused(third);
  await page.keyboard.press("j");
  await focused(fourth);
  await page.keyboard.press("Enter");
  await page.getByRole("article").first().waitFor();
  await page.keyboard.press("r");
  await page.getByRole("textbox", { name: "Reply" }).press("Escape");
  await focused(fourth);
  await page.keyboard.press("a");
  await page.getByRole("combobox", { name: "Member or team" }).press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await focused(fourth);
  const more = page.getByRole("button", { name: "More", exact: true });
  await more.click();
  await page.getByRole("menuitem", { name: /Snooze/ }).click();
  await page.getByRole("combobox", { name: "When" }).press("Escape");
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "More");
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.locator(`[data-conversation="${second}"]`).waitFor();
});

test("the keyboard walks the list and finds", async () => {
  await page.locator("body").press("j");
  await page.locator("body").press("j");
  await page.keyboard.press("Enter");
  const open = await page.locator("[data-conversation][aria-current]").getAttribute("data-conversation");
  assert.ok(page.url().includes(open), "Enter opened the row under the cursor");
  await page.locator("body").press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("body").press("/");
  await page.keyboard.type("Sunday");
  await page.locator("[data-conversation]", { hasText: "Grace Hopper" }).waitFor();
  await page.getByRole("button", { name: "Messages", exact: true }).click();
  await page.getByRole("link", { name: /Grace Hopper.*Sunday/ }).first().waitFor();
  await page.getByRole("searchbox").press("Escape");
});

test("a colleague's work shows up here, and what was missed while offline comes with the connection", async () => {
  await page.goto("/inbox");
  await page.locator("[data-conversation]", { hasText: "Grace Hopper" }).click();
  await page.getByRole("article").filter({ hasText: "One more thing" }).waitFor();
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });
  const colleague = await openPage(browser, hub);
  await logIn(colleague, "bruno@demo.example");
  await colleague.goto(page.url());
  await page.getByRole("img", { name: "Bruno Lima is looking at this" }).waitFor();
  await colleague.getByRole("textbox", { name: "Reply" }).fill("I can take");
  await page.getByText("Bruno Lima is typing").waitFor();

  await page.context().setOffline(true);
  await page.locator("[data-connection=offline]").waitFor();
  await colleague.getByRole("textbox", { name: "Reply" }).fill("I can take this one.");
  await colleague.getByRole("textbox", { name: "Reply" }).press("Enter");
  await colleague.getByRole("article").filter({ hasText: "I can take this one." }).locator("[data-status=delivered]").waitFor();
  await page.context().setOffline(false);
  await page.getByText(/^Caught up/).waitFor();
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });
  await page.getByRole("article").filter({ hasText: "I can take this one." }).waitFor();
  await colleague.context().close();
});

test("nothing was thrown", () => assert.deepEqual(page.faults, []));

test("the inbox is accessible, light and dark, wide and narrow", async () => {
  await checkAccessible(page, "the open conversation");
  for (const [theme, width] of [["dark", 1440], ["light", 390]]) {
    const other = await openPage(browser, hub, { theme, width, height: 844 });
    await logIn(other);
    await checkAccessible(other, `the list, ${theme}, ${width} wide`);
    await picture(other, `list-${theme}-${width}`);
    await other.locator("[data-conversation]", { hasText: "Grace Hopper" }).click();
    await other.getByRole("article").first().waitFor();
    await checkAccessible(other, `a conversation, ${theme}, ${width} wide`);
    await picture(other, `conversation-${theme}-${width}`);
    assert.deepEqual(other.faults, []);
    await other.context().close();
  }
});
