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
  page.on("pageerror", (error) => page.faults.push(error.stack));
  page.on("console", (message) => {
    if (message.type() === "error" && message.text().includes("Content Security Policy")) page.faults.push(message.text());
  });
  await page.addInitScript((chosen) => localStorage.setItem("switchboard.theme", chosen), theme);
  return page;
}

export async function logIn(page, email = "ada@demo.example") {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("[data-conversation]").first().waitFor();
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });
}

/** Fails on what keeps people with assistive technology out. */
export async function checkAccessible(page, where) {
  const violations = await page.evaluate(async (source) => {
    // By a function, not by a script tag: the page's policy allows none from elsewhere.
    if (!window.axe) new Function(source)();
    const result = await window.axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa"] });
    return result.violations
      .filter((one) => one.impact === "serious" || one.impact === "critical")
      .map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).slice(0, 3).join("; ")}`);
  }, axe).catch((error) => [String(error)]);
  assert.deepEqual(violations, [], `${where} is not accessible`);
}

/** Keeps a picture where SCREENSHOTS names a folder, to be looked at. */
export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}
