// The pictures of the README, from the real product: `npm run pictures`. Look at them before you commit them.
import { join, resolve } from "node:path";

import { logIn, openPage, startBrowser } from "./browser.mjs";
import { act, caller, startHub, until } from "./hub.mjs";
import { startSite } from "./site.mjs";
import { customer, fillEveryChannel } from "./world.mjs";

const folder = process.env.PICTURES ?? resolve(import.meta.dirname, "../../docs/images");
const [hub, browser] = await Promise.all([startHub(), startBrowser()]);
const { call } = await fillEveryChannel(hub, { plan: false });
const bruno = await caller(hub, "bruno@demo.example");
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// One person on three channels: what she wrote elsewhere stands beside the conversation.
const lena = { id: "4915112345601", name: "Lena Hoffmann" };
const written = await customer(hub, "email", "Lena Hoffmann", "7");
await act(hub, written, { type: "text", text: "Order 10482: a question about the size\n\nHello, I take an M in your Fjord line. Is the Fjell jacket cut the same way?" }, "email");
const visited = await customer(hub, "webchat", "Lena Hoffmann", "8");
await act(hub, visited, { type: "text", text: "Can I still change the colour of my jacket?" }, "webchat");
const newest = async (q, channel) => (await call("GET", `/conversations?channel=${channel}&limit=50`)).data.find((one) => one.contact.name === q);
const talk = await newest("Lena Hoffmann", "whatsapp");
for (const channel of ["email", "webchat"]) await call("POST", `/contacts/${talk.contact.id}/merge`, { contact_id: (await newest("Lena Hoffmann", channel)).contact.id });
const people = (await call("GET", "/users")).data;
const id = (name) => people.find((one) => one.name === name).id;
await call("PATCH", `/conversations/${talk.id}`, { assignee_id: id("Ada Okafor"), priority: "high" });
await call("PATCH", `/contacts/${talk.contact.id}`, { tags: ["repeat customer"] });
await bruno("POST", `/conversations/${talk.id}/messages`, { client_id: "picture-1", text: "The warehouse packed it this morning, I have asked them for the tracking number.", note: true });
await pause(800);
await call("POST", `/conversations/${talk.id}/messages`, { client_id: "picture-2", text: "Hi Lena, it leaves *today* and is with you on Thursday, in time for your trip. Here is the tracking: https://track.example/10482" });
await pause(1500);
await act(hub, lena, { type: "read" });
await act(hub, lena, { type: "text", text: "Wonderful, thank you! 🎉" });
const letter = await newest("Ines Duarte", "email");
await call("PATCH", `/conversations/${letter.id}`, { assignee_id: id("Bruno Lima") });
await pause(500);

async function shoot(name, { path, before, ...options }) {
  const page = await openPage(browser, hub, options);
  await logIn(page);
  await page.goto(path);
  await page.waitForLoadState("networkidle");
  await before?.(page);
  await pause(900);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.context().close();
}

const conversation = async (page) => page.getByRole("article").first().waitFor();
const colleague = await openPage(browser, hub);
await logIn(colleague, "bruno@demo.example");
await colleague.goto(`/inbox/${talk.id}`);
await conversation(colleague);
await shoot("inbox", { path: `/inbox/${talk.id}`, theme: "light", width: 1440, height: 900, before: conversation });
await shoot("inbox-dark", {
  path: `/inbox/${letter.id}`,
  theme: "dark",
  width: 1440,
  height: 900,
  before: async (page) => {
    await conversation(page);
    await page.getByRole("textbox", { name: "Reply" }).fill("Dear Ines,\n\nthank you for the order. The prices are confirmed");
  },
});
await shoot("phone-list", { path: "/inbox", theme: "light", width: 390, height: 844 });
await shoot("phone-conversation", { path: `/inbox/${talk.id}`, theme: "dark", width: 390, height: 844, before: conversation });

// A deal on the board, and the conversation in which it is made.
const [shells] = (await call("GET", "/deals?q=Leeds")).data;
await call("POST", `/deals/${shells.id}/activities`, { kind: "call", text: "Tom wants to begin with sixty pieces and pay on delivery." });
await shoot("deals", {
  path: `/deals/${shells.id}`,
  theme: "light",
  width: 1440,
  height: 900,
  before: async (page) => {
    await page.getByRole("button", { name: "Conversation" }).click();
    await conversation(page);
  },
});

// The playground, with somebody who was answered.
const greta = await customer(hub, "whatsapp", "Greta Lindqvist", "4915112340001");
await act(hub, greta, { type: "text", text: "Hello, do you have the Fjell jacket in green, size M?" });
const asked = await newest("Greta Lindqvist", "whatsapp");
await call("POST", `/conversations/${asked.id}/messages`, { client_id: "picture-3", text: "Hello Greta, yes: three are left in the shop in Bergen. Shall we keep one for you?" });
await pause(1200);
await act(hub, greta, { type: "read" });
await act(hub, greta, { type: "text", text: "Please do, I come by tomorrow" });
const playground = await openPage(browser, hub, { width: 1280, height: 800 });
await playground.goto("/playground");
await playground.getByText("Please do").waitFor();
await pause(600);
await playground.screenshot({ path: join(folder, "playground.png") });

// The chat window on a site, and the account behind it.
const site = await startSite(hub);
const shop = await call("POST", "/integrations", {
  channel: "webchat",
  name: "Shop window",
  account: { allowed_origins: "*", title: "Northwind", colour: "#0f766e", greeting: "Hello! How can we help?", theme: "auto", business_hours: "Mon-Sun 00:00-24:00" },
});
const visitor = await openPage(browser, hub, { width: 900, height: 640 });
await visitor.goto(site.page(shop.id));
await visitor.getByRole("button", { name: /chat/i }).first().click();
await visitor.getByRole("textbox").fill("Is the Lago 2 tent waterproof?");
await visitor.keyboard.press("Enter");
const visit = await until(async () => (await call("GET", "/conversations?channel=webchat&q=Lago")).data[0]);
await call("POST", `/conversations/${visit.id}/messages`, { client_id: "picture-4", text: "It is, up to 5,000 mm. The floor up to *10,000*." });
await visitor.getByText("up to 5,000 mm").first().waitFor();
await pause(600);
await visitor.screenshot({ path: join(folder, "webchat.png") });
await site.stop();
await shoot("connect", {
  path: `/settings/integrations/${shop.id}`,
  theme: "light",
  width: 1280,
  height: 900,
  before: (page) => page.getByRole("heading", { name: "Account" }).evaluate((heading) => heading.scrollIntoView()),
});
await browser.close();
await hub.stop();
