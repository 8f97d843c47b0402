// How much script the inbox loads before it can be used: the page's entry and the inbox's route with everything that they
// import at once, as it goes over the wire. Fails above the bar.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const bar = 200_000;
const dist = join(import.meta.dirname, "../dist");
const assets = readdirSync(join(dist, "assets"));
const scripts = new Set();

/** Static imports only: `import("…")` waits until it is needed. */
function take(name) {
  if (scripts.has(name)) return;
  scripts.add(name);
  const text = readFileSync(join(dist, "assets", name), "utf8");
  for (const [, next] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) take(next);
}

for (const [, name] of readFileSync(join(dist, "index.html"), "utf8").matchAll(/assets\/([^"]+\.js)"/g)) take(name);
// An icon of that name may have a file, too: the route is the one that is far larger.
const size = (name) => readFileSync(join(dist, "assets", name)).length;
const [inbox] = assets.filter((name) => /^inbox-.*\.js$/.test(name) && size(name) > 10_000);
if (!inbox) throw new Error("the build has no script named inbox; build first, or name the route here");
take(inbox);

const sizes = [...scripts].map((name) => [name, gzipSync(readFileSync(join(dist, "assets", name)), { level: 9 }).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
console.log(`The inbox starts with ${(total / 1000).toFixed(1)} kB of script, compressed, in ${scripts.size} files; the bar is ${bar / 1000} kB.`);
if (total > bar) {
  for (const [name, size] of sizes.toSorted((a, b) => b[1] - a[1])) console.log(`${String(size).padStart(8)}  ${name}`);
  process.exit(1);
}

// The chat window burdens other people's pages.
const windowBar = 30_000;
const chat = gzipSync(readFileSync(join(dist, "webchat.js")), { level: 9 }).length;
console.log(`The chat window is ${(chat / 1000).toFixed(1)} kB, compressed; the bar is ${windowBar / 1000} kB.`);
if (chat > windowBar) process.exit(1);
