// A business's own site: another origin than the hub's, whose pages show the chat window.
import { createHmac } from "node:crypto";
import { createServer } from "node:http";

/** Pages are made by `open`, each at a path of its own. */
export async function startSite(hub) {
  const pages = new Map();
  const server = createServer((request, response) => {
    const page = pages.get(request.url.split("?")[0]);
    response.writeHead(page ? 200 : 404, { "content-type": "text/html; charset=utf-8", ...(page?.headers ?? {}) });
    response.end(page?.html ?? "");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;

  /** The one line that a business adds, and what it does besides; returns the page's address. */
  function page(integration, { before = "", headers = {}, dark = false } = {}) {
    const path = `/${pages.size}`;
    const colours = dark ? "background:#0b1220;color:#e2e8f0" : "background:#fff;color:#111827";
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The shop</title><meta name="viewport" content="width=device-width, initial-scale=1"></head>
      <body style="margin:0;font:18px/1.6 Georgia,serif;${colours}"><main style="max-width:34rem;margin:3rem auto;padding:0 1.5rem"><h1>The shop</h1>
      <p>Boots, tents and rain shells since 1987.</p></main>${before}
      <script async src="${hub.url}/webchat.js" data-integration="${integration}"></script></body></html>`;
    pages.set(path, { html, headers });
    return url + path;
  }

  return { url, page, stop: () => new Promise((done) => server.close(done)) };
}

/** What the business's own server computes for whoever is logged in. */
export function userHash(secret, user) {
  return createHmac("sha256", secret).update(user).digest("hex");
}

/** The page's commands, given before the script is there. */
export function commands(...calls) {
  const given = calls.map((call) => `switchboard(${call.map((one) => JSON.stringify(one)).join(",")});`).join("");
  return `<script>window.switchboard = window.switchboard || function () { (switchboard.q = switchboard.q || []).push(arguments); }; ${given}</script>`;
}
