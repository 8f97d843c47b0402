// The browser of the machine, and a page that fails its test when the app throws.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

import { password } from "./hub.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** A page of its own session. `faults` collects what the app threw. */
export async function openPage(browser, hub, { width = 1440, height = 900, theme = "light" } = {}) {
  const context = await browser.newContext({ baseURL: hub.url, viewport: { width, height }, bypassCSP: false, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.faults = [];
  watchRequests(page);
  page.on("pageerror", (error) => page.faults.push(error.stack));
  page.on("console", (message) => {
    if (message.type() === "error" && message.text().includes("Content Security Policy")) page.faults.push(message.text());
  });
  await page.addInitScript((chosen) => localStorage.setItem("switchboard.theme", chosen), theme);
  return page;
}

/** Notes which requests are on their way, for `settled`. */
function watchRequests(page) {
  page.underway = new Set();
  page.on("request", (request) => request.resourceType() !== "eventsource" && page.underway.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => page.underway.delete(request));
}

/** Rests until everything is there that was asked for, and nothing is left of what stood in its place. */
export async function settled(page) {
  for (let quiet = 0, turn = 0; quiet < 3; turn++) {
    if (turn > 400) throw new Error(`the page does not come to rest: ${[...page.underway].map((one) => one.url()).join(" ")}`);
    const whole = page.underway.size === 0 && (await page.evaluate(() => document.readyState === "complete" && !document.querySelector(".skeleton")));
    quiet = whole ? quiet + 1 : 0;
    await new Promise((done) => setTimeout(done, 40));
  }
}

/** Waits until an element keeps its place and size. */
export async function still(locator) {
  let before = "";
  for (let same = 0; same < 4; ) {
    const now = JSON.stringify(await locator.boundingBox());
    same = now === before ? same + 1 : 0;
    before = now;
    await locator.page().evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
}

/** As a person does, by the form. */
export async function logInByForm(page, email = "ada@demo.example") {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await listed(page);
}

/** Comes back with a session's cookie, which saves the form. */
export async function logIn(page, email = "ada@demo.example") {
  const answer = await page.context().request.post("/api/v1/auth/login", { data: { email, password } });
  assert.equal(answer.status(), 200, await answer.text());
  await page.goto("/inbox");
  await listed(page);
}

async function listed(page) {
  await page.locator("[data-conversation]").first().waitFor();
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });
}

/** Fails on what keeps people with assistive technology out; on a part of the page where the rest was looked at before. */
export async function checkAccessible(page, where, within) {
  // By a function, not by a script tag: the page's policy allows none from elsewhere.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate((source) => new Function(source)(), axe);
  const violations = await page.evaluate(async (part) => {
    const result = await window.axe.run(part ?? document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa"] });
    return result.violations
      .filter((one) => one.impact === "serious" || one.impact === "critical")
      .map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).slice(0, 3).join("; ")}`);
  }, within).catch((error) => [String(error)]);
  assert.deepEqual(violations, [], `${where} is not accessible`);
}

/** Keeps a picture where SCREENSHOTS names a folder, to be looked at. */
export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}
