// Pictures of every page, to be looked at: `SCREENSHOTS=/tmp/pictures npm run gallery`. 1280 and 390 wide, light and dark, with little and with
// too much on them: forty labels, twenty on one conversation, long names, writing from right to left, 4,096 characters, ten pictures.
import { mkdirSync } from "node:fs";

import { logIn, openPage, picture, startBrowser } from "./browser.mjs";
import { png, wav } from "./files.mjs";
import { act, caller, sendFile, startHub, trouble } from "./hub.mjs";

process.env.SCREENSHOTS ??= "/tmp/switchboard-gallery";
mkdirSync(process.env.SCREENSHOTS, { recursive: true });

const long = { id: "4917699990001", name: "Maria-Magdalena Wolkenstein-Habersack von und zu Hohenlohe-Langenburg, Accounts Receivable" };
const hebrew = { id: "4917699990002", name: "יעל בן־דוד" };
const arabic = { id: "4917699990003", name: "سلمى الحداد" };
const [hub, browser] = await Promise.all([startHub(), startBrowser()]);

async function fill() {
  const call = await caller(hub);
  const labels = [];
  for (let number = 1; number <= 40; number++) {
    const name = number % 7 === 0 ? `A label with quite a long name, number ${number}` : `Label ${number}`;
    labels.push(await call("POST", "/labels", { name, color: ["red", "green", "blue", "purple", "orange", "teal"][number % 6] }));
  }
  await act(hub, hebrew, { type: "text", text: "שלום, האם ההזמנה שלי (מספר 4711) כבר נשלחה? תודה!" });
  await act(hub, arabic, { type: "text", text: "مرحباً، أريد أن أعرف متى يصل الطرد رقم 12345 من فضلكم." });
  await act(hub, long, { type: "text", text: "Thewordthatneverendsbecausesomebodypastedakeyintoit".repeat(6) });
  await act(hub, long, { type: "text", text: "All work and no play makes a very long message. ".repeat(86).slice(0, 4096) });
  for (let number = 0; number < 10; number++) await sendFile(hub, long, "image", `photo-${number}.png`, "image/png", png(300 + number * 40, 200 + (number % 3) * 200, [number * 25, 90, 200 - number * 15]));
  await sendFile(hub, long, "voice", "voice.wav", "audio/wav", wav(7));
  await sendFile(hub, long, "document", "A contract with a name that is far too long to be shown in one line of a bubble, signed.pdf", "application/pdf", Buffer.from("%PDF-1.4\n%%EOF\n"));
  await trouble(hub, "media_url", 100);
  await sendFile(hub, long, "video", "gone.mp4", "video/mp4", Buffer.from("nothing"), "This one is gone");
  await act(hub, long, { type: "location", latitude: 52.52, longitude: 13.405, name: "Alexanderplatz" });
  await act(hub, long, { type: "contact", name: "Dr. Somebody With A Name", phone: "+4930123456" });
  await trouble(hub, "messages", 131026);
  const { data } = await call("GET", "/conversations?q=Magdalena");
  const [full] = data;
  await call("PATCH", `/conversations/${full.id}`, { labels: labels.slice(0, 20).map((one) => one.id), priority: "urgent" });
  await call("POST", `/conversations/${full.id}/messages`, { client_id: "gallery-1", text: "This answer does not arrive" });
  await call("POST", `/conversations/${full.id}/messages`, { client_id: "gallery-2", text: "A note with *no* marks, for the team", note: true });
  await call("PATCH", `/contacts/${full.contact.id}`, { tags: Array.from({ length: 14 }, (_, number) => `tag-${number + 1}`), attributes: { plan: "gold", "a very long attribute name": "and a value that is also much longer than its place", vip: true, orders: 17 } });
  await call("POST", `/contacts/${full.contact.id}/notes`, { text: "Prefers to be called in the morning. ".repeat(5) });
  return { full, hebrew: (await call("GET", "/conversations?q=4711")).data[0] };
}

const { full, hebrew: rightToLeft } = await fill();
const settings = ["profile", "appearance", "organization", "members", "teams", "labels", "integrations", "integrations/new", "callbacks"];

for (const theme of ["light", "dark"]) {
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    const page = await openPage(browser, hub, { theme, width, height });
    const take = async (name) => {
      await page.waitForLoadState("networkidle");
      await page.waitForTimeout(250);
      await picture(page, `${name}-${width}-${theme}`);
    };
    await page.goto("/login");
    await take("login");
    await page.goto("/register");
    await take("register");
    await page.goto("/forgot-password");
    await take("forgot");
    await logIn(page);
    await take("inbox");
    await page.goto(`/inbox/${full.id}`);
    await page.getByRole("article").first().waitFor();
    await take("full");
    const log = page.getByRole("log", { name: "Messages" });
    for (const part of [0.75, 0.5, 0.25]) {
      await log.evaluate((element, at) => element.scrollTo(0, element.scrollHeight * at), part);
      await take(`full-${part * 100}`);
    }
    await page.goto(`/inbox/${rightToLeft.id}`);
    await page.getByRole("article").first().waitFor();
    await take("right-to-left");
    if (width < 700) {
      await page.getByTitle("Show the contact").click();
      await take("panel");
    }
    await page.goto("/inbox?view=snoozed");
    await take("empty-view");
    await page.goto("/inbox?q=nothing-fits-this");
    await take("empty-search");
    await page.goto("/inbox/0190a7c2-0000-7000-8000-000000000000");
    await take("not-found");
    await page.goto("/nowhere");
    await take("no-page");
    await page.goto("/contacts");
    await take("contacts");
    await page.goto(`/contacts/${full.contact.id}`);
    await take("contact");
    for (const one of settings) {
      await page.goto(`/settings/${one}`);
      await take(`settings-${one.replace("/", "-")}`);
    }
    await page.goto("/settings/integrations");
    await page.getByRole("link", { name: /WhatsApp Support/ }).click();
    await take("integration");
    await page.goto("/inbox");
    await page.locator("[data-conversation]").first().waitFor();
    await page.context().setOffline(true);
    await page.locator("[data-connection=offline]").waitFor();
    await page.waitForTimeout(300);
    await picture(page, `offline-${width}-${theme}`);
    await page.context().setOffline(false);
    await page.route("**/api/v1/conversations?*", (route) => new Promise((done) => setTimeout(() => done(route.continue().catch(() => undefined)), 4000)));
    await page.route("**/messages?*", (route) => new Promise((done) => setTimeout(() => done(route.continue().catch(() => undefined)), 4000)));
    void page.goto(`/inbox/${full.id}`);
    await page.waitForTimeout(1800);
    await picture(page, `loading-${width}-${theme}`);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.route("**/api/v1/conversations?*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ code: "unavailable", detail: "The database is away. Nothing was changed; try again in a moment." }) }));
    await page.goto("/inbox");
    await page.getByRole("alert").first().waitFor();
    await take("error");
    await page.unrouteAll({ behavior: "ignoreErrors" });
    if (page.faults.length) console.log(width, theme, page.faults);
    await page.context().close();
    const viewer = await openPage(browser, hub, { theme, width, height });
    await logIn(viewer, "dana@demo.example");
    await viewer.goto("/settings/integrations");
    await viewer.waitForLoadState("networkidle");
    await picture(viewer, `no-permission-${width}-${theme}`);
    await viewer.context().close();
  }
}
console.log(process.env.SCREENSHOTS);
await browser.close();
await hub.stop();
