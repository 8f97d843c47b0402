// Pictures in a row: one set in the room of one, which grows without moving the thread, and keeps what each message has.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { checkAccessible, logIn, openPage, picture, settled, startBrowser } from "./browser.mjs";
import { png } from "./files.mjs";
import { act, phone, sendFile, startHub, until } from "./hub.mjs";

const grace = { id: "4915112340931", name: "Grace Hopper" };
let hub;
let browser;
let page;

const sets = () => page.getByRole("article", { name: /pictures/ });
const tiles = (set) => set.getByRole("button", { name: /^Open picture/ });
const send = (number, caption = "") => sendFile(hub, grace, "image", `shelf-${number}.png`, "image/png", png(640, 420, [number * 24, 90, 220 - number * 18]), caption);
/** Where the first message stands on the screen. */
const place = async () => (await page.getByRole("article").filter({ hasText: "Some pictures of the shelf" }).boundingBox()).y;

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  page = await openPage(browser, hub);
  await logIn(page);
  await act(hub, grace, { type: "text", text: "Some pictures of the shelf" });
  await page.locator("[data-conversation]", { hasText: "Grace Hopper" }).first().click();
  await page.getByRole("article").filter({ hasText: "Some pictures of the shelf" }).waitFor();
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("ten pictures become one set, and its growing moves nothing", async () => {
  await send(1);
  await page.getByRole("article").locator("img").first().waitFor();
  await settled(page);
  const before = await place();
  for (let number = 2; number <= 10; number++) {
    await send(number);
    if (number <= 4) await until(async () => (await tiles(sets()).count()) === number);
    else await sets().getByText(`+${number - 4}`, { exact: true }).waitFor();
  }
  await sets().getByText("+6", { exact: true }).waitFor();
  await settled(page);
  assert.equal(await sets().count(), 1);
  assert.equal(await tiles(sets()).count(), 4);
  // A line more, "Show all", is what is left to come.
  assert.ok(Math.abs((await place()) - before) <= 30, `the thread moved from ${before} to ${await place()}`);
  await checkAccessible(page, "a set of pictures");
  await picture(page, "set");
});

test("the last tile leads to the rest, one after the other", async () => {
  await tiles(sets()).last().focus();
  await page.keyboard.press("Enter");
  const viewer = page.getByRole("dialog");
  await viewer.getByText("4 / 10").waitFor();
  await page.keyboard.press("ArrowRight");
  await viewer.getByText("5 / 10").waitFor();
  await viewer.getByRole("button", { name: "Previous picture" }).click();
  await viewer.getByText("4 / 10").waitFor();
  await page.keyboard.press("Escape");
  await viewer.waitFor({ state: "detached" });
  assert.equal(await tiles(sets()).last().evaluate((tile) => tile === document.activeElement), true, "the keyboard is back where it was");
});

test("each picture keeps its tools and its reactions, also the folded ones", async () => {
  await sets().getByRole("button", { name: "Show all 10" }).click();
  assert.equal(await tiles(sets()).count(), 10);
  const seventh = sets().getByRole("listitem").nth(6);
  await seventh.getByRole("button", { name: /^Open picture 7 of 10/ }).focus();
  await seventh.getByRole("button", { name: "React" }).click();
  await page.getByRole("dialog", { name: "React" }).getByRole("button", { name: "👍" }).first().click();
  await sets().getByRole("img", { name: /👍 by .* to picture 7/ }).waitFor();
  await picture(page, "set-whole");
  await seventh.hover();
  await seventh.getByRole("button", { name: "Reply" }).click();
  await page.getByRole("textbox", { name: "Reply" }).fill("This shelf?");
  await page.keyboard.press("Enter");
  const answer = page.getByRole("article").filter({ hasText: "This shelf?" });
  await answer.locator("[data-status=delivered]").waitFor();
  // Whoever is led to a folded picture sees it.
  await sets().getByRole("button", { name: "Show fewer" }).click();
  await answer.locator("button", { hasText: "Grace Hopper" }).click();
  await until(async () => (await tiles(sets()).count()) === 10);
});

test("something said in between, or a caption on each, makes no set", async () => {
  await send(2, "The left one");
  await send(3, "The right one");
  const bubbles = page.getByRole("article").filter({ hasText: /The (left|right) one/ });
  await until(async () => (await bubbles.count()) === 2);
  assert.equal(await sets().count(), 1);
});

test("pictures of ours tell once how far they got", async () => {
  await page.getByRole("textbox", { name: "Reply" }).evaluate((element, given) => {
    const transfer = new DataTransfer();
    for (const [name, text] of given) transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type: "image/png" }));
    element.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: transfer }));
  }, [1, 2, 3].map((number) => [`ours-${number}.png`, png(400, 300, [20, number * 60, 120]).toString("base64")]));
  const tray = page.getByRole("list", { name: "Files to send" });
  await until(async () => (await tray.getByText(/ B$| kB$/).count()) === 3);
  await page.getByRole("button", { name: /Send on WhatsApp/ }).click();
  const ours = page.getByRole("article", { name: /You or your team.*3 pictures/ });
  await ours.locator("[data-status=delivered], [data-status=read]").first().waitFor();
  await until(async () => (await ours.locator("[data-status]").count()) === 1);
  assert.equal((await phone(hub, grace)).filter((one) => one.kind === "image" && one.from !== "customer").length >= 3, true);
  await picture(page, "set-of-ours");
  assert.deepEqual(page.faults, []);
});
