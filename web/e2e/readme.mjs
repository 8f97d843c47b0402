// The pictures of the README, from the real product: `npm run pictures`. Look at them before you commit them.
import { join, resolve } from "node:path";

import { logIn, openPage, startBrowser } from "./browser.mjs";
import { act, caller, startHub } from "./hub.mjs";
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
await browser.close();
await hub.stop();
