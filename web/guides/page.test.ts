import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { anchor, guidePage } from "./page.ts";

const folder = new URL("../../docs/channels/", import.meta.url);
const files = readdirSync(folder);

test("every link of a guide leads to another guide, to a file beside it, or out", () => {
  for (const file of files.filter((one) => one.endsWith(".md"))) {
    const html = guidePage(readFileSync(new URL(file, folder), "utf8"));
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((one) => one[1]));
    for (const [, href = ""] of html.matchAll(/<a href="([^"]+)"/g)) {
      if (/^https?:/.test(href)) continue;
      const [path, place] = href.split("#");
      if (path) expect(files, `${file}: ${href}`).toContain(path.replace(/\.html$/, ".md"));
      else expect(ids, `${file}: ${href}`).toContain(place);
    }
  }
});

test("headings can be led to, and what stands in code is no markup", () => {
  expect(anchor("The interface, for your own apps")).toBe("the-interface-for-your-own-apps");
  const html = guidePage("# Web chat\n\n```html\n<script src=\"x\"></script>\n```\n");
  expect(html).toContain('<h1 id="web-chat">Web chat</h1>');
  expect(html).toContain("&lt;script src=&quot;x&quot;&gt;&lt;/script&gt;");
  expect(html).toContain("<title>Web chat · Switchboard</title>");
});
