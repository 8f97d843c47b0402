// What is to be done: missed calls ask to be called back, people write tasks down, and tick them off.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { act, caller, phone, startHub } from "./hub.mjs";

const customer = (number) => ({ id: `4917600002${number}`, name: `Caller ${number}` });
const does = (who, what) => act(hub, who, { type: "phone", ...what }, "voice");
let hub;
let browser;
let page;
let call;

const tasks = () => page.getByRole("main").getByRole("list", { name: "Tasks", exact: true });
const view = (name) => page.getByRole("navigation", { name: "Task views" }).getByRole("link", { name, exact: true });
const panel = () => page.getByRole("complementary", { name: "Contact" });

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

test("a missed call is a task, called back from the list, and done when it was spoken", async () => {
  const amos = customer(12);
  await does(amos, { act: "call" });
  await page.getByRole("region", { name: "Incoming call" }).getByRole("button", { name: "Decline" }).click();
  await does(amos, { act: "hang_up" });
  await page.getByText(/^Missed call from /).waitFor();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Tasks" }).click();
  await page.getByText("You have nothing to do.").waitFor();
  await view("All open").click();
  const row = tasks().getByRole("listitem").filter({ hasText: "Call back" }).filter({ hasText: amos.id });
  await row.getByText(/^Due today/).waitFor();
  await tasks().getByText("Overdue").waitFor();
  await picture(page, "tasks-callback");
  await checkAccessible(page, "the list of tasks");
  await row.getByRole("button", { name: new RegExp(`^Call .*${amos.id}`) }).click();
  const current = page.getByRole("region", { name: "Call in progress" });
  await current.getByText(/Your line rings first|Ringing the customer/).waitFor();
  await until(async () => (await phone(hub, amos, "voice")).some((one) => !one.from_customer && one.status === "ringing"));
  await does(amos, { act: "answer" });
  await current.getByText("On the line").waitFor();
  await does(amos, { act: "hang_up" });
  await row.waitFor({ state: "detached" });
  await view("Done").click();
  await row.waitFor();
});

test("a task is given, taken, moved, ticked off and taken back", async () => {
  await page.getByRole("button", { name: "New task" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What is to be done").fill("Order umbrellas");
  await dialog.getByLabel("Who does it").selectOption({ label: "Bruno Lima" });
  await dialog.getByLabel("Due").fill("2035-05-04T09:30");
  await picture(page, "tasks-new");
  await checkAccessible(page, "a new task");
  await dialog.getByRole("button", { name: "Add task" }).click();
  await dialog.waitFor({ state: "detached" });
  await view("All open").click();
  const row = tasks().getByRole("listitem").filter({ hasText: "Order umbrellas" });
  await row.getByText("Bruno Lima").waitFor();
  await row.getByRole("button", { name: "More about the task Order umbrellas" }).click();
  await page.getByRole("menuitem", { name: "Take it" }).click();
  await row.getByText("· You").waitFor();
  await view("Mine").click();
  await row.getByText(/2035|May/).first().waitFor();
  await row.getByRole("button", { name: "More about the task Order umbrellas" }).click();
  await page.getByRole("menuitem", { name: "Another time" }).click();
  await page.getByRole("dialog").getByRole("option", { name: "In 1 hour" }).click();
  await row.getByText(/today|tomorrow/).waitFor();
  await row.getByRole("button", { name: "More about the task Order umbrellas" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await dialog.getByLabel("What is to be done").fill("Order ten umbrellas");
  await dialog.getByRole("button", { name: "Save" }).click();
  const renamed = tasks().getByRole("listitem").filter({ hasText: "Order ten umbrellas" });
  await renamed.getByRole("checkbox").click();
  await renamed.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await renamed.waitFor();
  await renamed.getByRole("button", { name: "More about the task Order ten umbrellas" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await renamed.waitFor({ state: "detached" });
});

test("the tasks of a contact stand beside the conversation, and change there for everybody", async () => {
  const talker = customer(13);
  await act(hub, talker, { type: "text", text: "Could you send me a quote?" });
  await page.goto("/inbox");
  await page.locator("[data-conversation]", { hasText: "Caller 13" }).first().click();
  await panel().getByLabel("New task for the contact").fill("Send the quote");
  await panel().getByLabel("New task for the contact").press("Enter");
  const row = panel().getByRole("list", { name: "Tasks for the contact" }).getByRole("listitem");
  await row.getByText("Send the quote").waitFor();
  await picture(page, "tasks-panel");
  await checkAccessible(page, "tasks of a contact");
  // A colleague ticks it off.
  const { data } = await call("GET", "/tasks?open=true");
  const made = data.find((one) => one.title === "Send the quote");
  assert.equal(made.contact.name, "Caller 13");
  await call("PATCH", `/tasks/${made.id}`, { done: true });
  await row.waitFor({ state: "detached" });
  // And gives another one, which comes with a word.
  const bruno = (await call("GET", "/users")).data.find((one) => one.name === "Bruno Lima");
  await call("POST", "/tasks", { title: "Ring about the quote", kind: "callback", conversation_id: made.conversation.id, assignee_id: bruno.id });
  await row.getByText("Ring about the quote").waitFor();
  await call("POST", "/tasks", { title: "Long due", due_at: "2026-01-01T09:00:00Z" });
  await page.getByText("A task is due: Long due.").waitFor();
  assert.deepEqual(page.faults, []);
});

async function until(holds) {
  for (let turn = 0; turn < 300; turn++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("it did not come true");
}
