// Files both ways, and messages that go wrong: what is sent by drag and paste, seen, heard, and tried again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { film, png, wav } from "./files.mjs";
import { act, phone, sendFile, startHub, trouble, until } from "./hub.mjs";

const grace = { id: "4915112340901", name: "Grace Hopper" };
const tim = { id: "700100200", name: "Tim Berners", username: "tim" };
let hub;
let browser;
let page;

const field = () => page.getByRole("textbox", { name: "Reply" });
const article = (text) => page.getByRole("article").filter({ hasText: text });
const open = (name) => page.locator("[data-conversation]", { hasText: name }).first().click();

/** Gives files to an element as a drag or a paste would. */
function give(locator, type, files) {
  return locator.evaluate(
    (element, [kind, given]) => {
      const transfer = new DataTransfer();
      for (const { name, mime, text } of given) transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type: mime }));
      const options = { bubbles: true, cancelable: true };
      element.dispatchEvent(kind === "paste" ? new ClipboardEvent("paste", { ...options, clipboardData: transfer }) : new DragEvent(kind, { ...options, dataTransfer: transfer }));
    },
    [type, files.map(({ name, mime, bytes }) => ({ name, mime, text: bytes.toString("base64") }))],
  );
}

before(async () => {
  [hub, browser] = await Promise.all([startHub(), startBrowser()]);
  page = await openPage(browser, hub);
  await logIn(page);
  await act(hub, grace, { type: "text", text: "Hello from Grace" });
  await open("Grace Hopper");
  await article("Hello from Grace").waitFor();
});

after(async () => {
  await browser?.close();
  await hub?.stop();
});

test("a dropped file is uploaded, sent with its caption and seen by the customer", async () => {
  await give(field(), "dragover", [{ name: "shelf.png", mime: "image/png", bytes: png() }]);
  await give(field(), "drop", [{ name: "shelf.png", mime: "image/png", bytes: png() }]);
  const tray = page.getByRole("list", { name: "Files to send" });
  await tray.getByText("shelf.png").waitFor();
  await tray.getByText(/ kB$/).waitFor();
  await field().fill("The shelf");
  await field().press("Enter");
  await article("The shelf").locator("[data-status=delivered]").waitFor();
  const [seen] = (await phone(hub, grace)).filter((one) => one.kind === "image");
  assert.equal(seen.text, "The shelf");
  await tray.waitFor({ state: "detached" });
});

test("a pasted picture goes the same way, and one can be taken back", async () => {
  await give(field(), "paste", [
    { name: "first.png", mime: "image/png", bytes: png(200, 200, [200, 40, 40]) },
    { name: "second.png", mime: "image/png", bytes: png(200, 300, [40, 160, 90]) },
  ]);
  const tray = page.getByRole("list", { name: "Files to send" });
  await tray.getByText("second.png").waitFor();
  await tray.getByRole("button", { name: "Remove first.png" }).click();
  await tray.getByText(/ kB$/).waitFor();
  await page.getByRole("button", { name: /Send on WhatsApp/ }).click();
  const bubble = page.getByRole("article").filter({ has: page.getByRole("button", { name: /Open .*second.png/ }) });
  await bubble.locator("[data-status=delivered]").waitFor();
  await picture(page, "sent-picture");
});

test("pictures open large, one after the other", async () => {
  await sendFile(hub, grace, "image", "valve.png", "image/png", png(640, 400, [180, 120, 20]), "Is it this one?");
  const bubble = article("Is it this one?");
  await bubble.locator("img").waitFor();
  await bubble.getByRole("button", { name: /Open/ }).click();
  const viewer = page.getByRole("dialog");
  await viewer.locator("img").waitFor();
  assert.ok(await viewer.locator("img").evaluate((image) => image.decode().then(() => image.naturalWidth === 640)), "the picture itself is shown, not its thumbnail");
  await picture(page, "viewer");
  const place = await viewer.getByText(/^\d+ \/ \d+$/).innerText();
  await page.keyboard.press("ArrowLeft");
  assert.notEqual(await viewer.getByText(/^\d+ \/ \d+$/).innerText(), place);
  await viewer.getByRole("button", { name: "Original size" }).click();
  await page.keyboard.press("Escape");
  await viewer.waitFor({ state: "detached" });
});

test("a voice message plays, jumps and speeds up", async () => {
  await sendFile(hub, grace, "voice", "voice.wav", "audio/wav", wav(4));
  const play = page.getByRole("button", { name: "Play voice message" });
  await play.and(page.locator(":enabled")).waitFor();
  const audio = page.locator("audio").last();
  await play.click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.waitForFunction((element) => element.currentTime > 0.2, await audio.elementHandle());
  await page.getByRole("button", { name: "Speed 1" }).click();
  assert.equal(await audio.evaluate((element) => element.playbackRate), 1.5);
  await page.getByRole("slider", { name: "Position" }).last().fill("2.5");
  await page.waitForFunction((element) => element.currentTime >= 2.4, await audio.elementHandle());
  await page.getByRole("button", { name: "Play voice message" }).waitFor();
});

test("a video plays in its place", async () => {
  await sendFile(hub, grace, "video", "parcel.webm", "video/webm", await film(page), "Look at the box");
  const video = article("Look at the box").locator("video");
  await video.waitFor();
  await page.waitForFunction((element) => element.readyState >= 2, await video.elementHandle());
  await video.evaluate((element) => ((element.muted = true), element.play()));
  await page.waitForFunction((element) => element.currentTime > 0.1, await video.elementHandle());
  await picture(page, "media");
});

test("media that could not be fetched says why and comes with another try", async () => {
  await trouble(hub, "media_url", 100);
  await sendFile(hub, grace, "document", "Invoice 7.pdf", "application/pdf", Buffer.from("%PDF-1.4\n% a paper\n%%EOF\n"), "My invoice");
  const bubble = article("My invoice");
  await bubble.getByText("The document could not be fetched").waitFor();
  await picture(page, "failed-media");
  await bubble.getByRole("button", { name: "Try again" }).click();
  await bubble.getByText("Invoice 7.pdf").waitFor();
  const download = page.waitForEvent("download");
  await bubble.getByRole("button", { name: "Download Invoice 7.pdf" }).click();
  assert.equal((await download).suggestedFilename(), "Invoice 7.pdf");
});

test("a message that the platform refuses says why, and is sent again by one click", async () => {
  await trouble(hub, "messages", 131026);
  await field().fill("This one fails first");
  await field().press("Enter");
  const bubble = article("This one fails first");
  await bubble.locator("[data-status=failed]").waitFor();
  await picture(page, "failed-send");
  await bubble.getByRole("button", { name: "Try again" }).click();
  await bubble.locator("[data-status=delivered]").waitFor();
  assert.equal(await bubble.count(), 1);
});

test("a message that does not reach the hub is kept, and goes later", async () => {
  await page.route("**/messages", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await field().fill("Written in a tunnel");
  await field().press("Enter");
  const bubble = article("Written in a tunnel");
  await bubble.getByText(/cannot be reached/).waitFor();
  await page.unroute("**/messages");
  await bubble.getByRole("button", { name: "Try again" }).click();
  await bubble.locator("[data-status=delivered]").waitFor();
  assert.equal((await phone(hub, grace)).filter((one) => one.text === "Written in a tunnel").length, 1);
});

test("what somebody else answered meanwhile is shown before this answer goes", async () => {
  await page.route("**/messages", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    const current = { last_seq: 99, messages: [{ sender: { name: "Bruno Lima" }, sent_at: new Date(Date.now() - 4000).toISOString() }] };
    await route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify({ code: "stale", detail: "Somebody answered meanwhile.", current }) });
    await page.unroute("**/messages");
  });
  await field().fill("We open at ten");
  await field().press("Enter");
  const bubble = article("We open at ten");
  await bubble.getByText(/Bruno Lima answered \d+ s ago/).waitFor();
  await picture(page, "send-guard");
  await bubble.getByRole("button", { name: "Review" }).click();
  assert.equal(await field().inputValue(), "We open at ten");
  await field().press("Enter");
  await bubble.locator("[data-status=delivered]").waitFor();
});

test("a list of more than three choices, a location and a framed message reach the customer", async () => {
  await page.getByRole("button", { name: "More to send" }).click();
  await page.getByRole("menuitem", { name: "Buttons or a list" }).click();
  await field().fill("Which day suits you?");
  for (const [index, day] of ["Monday", "Tuesday", "Wednesday", "Thursday"].entries()) {
    if (index) await page.getByRole("button", { name: "Another choice" }).click();
    await page.getByRole("textbox", { name: index < 3 ? `Button ${index + 1}` : /(Button|Row) 4/ }).fill(day);
  }
  await page.getByRole("group", { name: "Choices under the message" }).getByText("A list to pick from").waitFor();
  await page.getByRole("textbox", { name: "Description of row 4" }).fill("in the afternoon");
  await page.getByRole("textbox", { name: "Header" }).fill("Delivery");
  await page.getByRole("textbox", { name: "Footer" }).fill("Choose one");
  await picture(page, "list-composer");
  await field().press("Enter");
  await article("Which day suits you?").locator("[data-status=delivered]").waitFor();
  const listed = (await phone(hub, grace)).at(-1);
  assert.deepEqual(listed.buttons.map((one) => one.title), ["Monday", "Tuesday", "Wednesday", "Thursday"]);

  await page.getByRole("button", { name: "More to send" }).click();
  await page.getByRole("menuitem", { name: "Location" }).click();
  await page.getByRole("textbox", { name: "Where" }).fill("somewhere");
  await page.getByText("No coordinates are in this.", { exact: false }).waitFor();
  await page.getByRole("textbox", { name: "Where" }).fill("52.52, 13.405");
  await page.getByRole("dialog").getByLabel("Name").fill("The corner shop");
  await page.getByRole("button", { name: "Send location" }).click();
  await article("The corner shop").locator("[data-status=delivered]").waitFor();
});

test("reacting, editing and deleting, where the platform has them", async () => {
  await act(hub, tim, { type: "text", text: "Hello from Tim" }, "telegram");
  await open("Tim Berners");
  const theirs = article("Hello from Tim");
  await theirs.hover();
  await theirs.getByRole("button", { name: "React" }).click();
  await page.getByRole("button", { name: /^👍/ }).click();
  await theirs.getByText("👍").first().waitFor();
  await field().fill("We open at elevn");
  await field().press("Enter");
  const ours = article("We open at el");
  await ours.locator("[data-status=sent], [data-status=delivered]").first().waitFor();
  await ours.hover();
  await ours.getByRole("button", { name: "More about this message" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await page.getByText("Editing your message").waitFor();
  assert.equal(await field().inputValue(), "We open at elevn");
  await field().fill("We open at eleven");
  await field().press("Enter");
  await article("We open at eleven").getByText("edited").waitFor();
  await ours.hover();
  await ours.getByRole("button", { name: "More about this message" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("You deleted this message.").waitFor();
  // It is gone on the phone, too.
  await until(async () => {
    const seen = (await phone(hub, tim, "telegram")).at(-1);
    return seen.deleted || seen.text !== "We open at eleven";
  });
});

test("nothing was thrown", () => assert.deepEqual(page.faults, []));
