// A hub of its own for each test file: a temporary data folder, a free port, the demo's data.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const password = "switchboard-demo";

/** The binary that SWITCHBOARD_BIN names, else the one that a debug build left. */
function binary() {
  const folder = process.env.CARGO_TARGET_DIR ?? resolve(import.meta.dirname, "../../target");
  const path = process.env.SWITCHBOARD_BIN ?? join(folder, "debug/switchboard");
  if (!existsSync(path)) throw new Error(`${path} is missing: build the hub, or name it in SWITCHBOARD_BIN`);
  return resolve(path);
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** In memory where there is room: nothing of it must survive, and a disk makes every commit wait. */
function folder() {
  const memory = "/dev/shm";
  const room = existsSync(memory) ? statfsSync(memory) : undefined;
  return room && room.bavail * room.bsize > 2 ** 30 ? memory : tmpdir();
}

/** Ready once the demo has set up everything. */
export async function startHub() {
  const data = mkdtempSync(join(folder(), "switchboard-e2e-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = { ...process.env, SWITCHBOARD_BIND: `127.0.0.1:${port}`, SWITCHBOARD_PUBLIC_URL: url, SWITCHBOARD_DATA: join(data, "hub"), SWITCHBOARD_DEMO: "true" };
  delete env.DATABASE_URL;
  delete env.REDIS_URL;
  let log = "";
  const child = spawn(binary(), ["serve"], { cwd: resolve(import.meta.dirname, "../.."), env, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log = (log + chunk).slice(-20_000)));
  const ended = new Promise((done) => child.once("exit", done));
  async function stop() {
    child.kill("SIGTERM");
    // Nothing may keep this process behind the hub's end: the next file waits for it.
    const impatient = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(impatient);
    rmSync(data, { recursive: true, force: true });
  }
  const deadline = Date.now() + 60_000;
  while (!(await isSeeded(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`the hub did not start:\n${log}`);
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  return { url, stop, log: () => log };
}

async function isSeeded(url) {
  try {
    return (await (await fetch(`${url}/playground/api/accounts`)).json()).settled;
  } catch {
    return false;
  }
}

/** Lets a customer do something on the played WhatsApp account. */
export async function act(hub, customer, what, channel = "whatsapp") {
  const response = await fetch(`${hub.url}/playground/api/act`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channel, account: await account(hub, channel), customer, act: what }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

/** The played account of a channel. */
async function account(hub, channel) {
  const { data } = await (await fetch(`${hub.url}/playground/api/accounts`)).json();
  const found = data.find((one) => one.channel === channel);
  if (!found) throw new Error(`the demo has no account on ${channel}`);
  return found.account;
}

/** Lets a customer send a file. */
export async function sendFile(hub, customer, kind, name, mime, bytes, caption = "", channel = "whatsapp") {
  const form = new FormData();
  const fields = { channel, account: await account(hub, channel), customer_id: customer.id, customer_name: customer.name, kind, caption };
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append("file", new File([bytes], name, { type: mime }));
  const response = await fetch(`${hub.url}/playground/api/media`, { method: "POST", body: form });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** Lets the next calls of a platform's API be refused with its error of that code. */
export async function trouble(hub, method, code, times = 1, channel = "whatsapp") {
  const response = await fetch(`${hub.url}/playground/api/trouble`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channel, method, code, times }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** What a customer sees on their phone, oldest first. */
export async function phone(hub, customer, channel = "whatsapp") {
  const query = new URLSearchParams({ channel, account: await account(hub, channel), customer: customer.id });
  return (await (await fetch(`${hub.url}/playground/api/chat?${query}`)).json()).data;
}

/** Somebody who uses the interface without the app. */
export async function caller(hub, email = "ada@demo.example") {
  const headers = { "content-type": "application/json" };
  const login = await fetch(`${hub.url}/api/v1/auth/login`, { method: "POST", headers, body: JSON.stringify({ email, password }) });
  const { access_token: token } = await login.json();
  return async (method, path, body) => {
    const response = await fetch(`${hub.url}/api/v1${path}`, { method, headers: { ...headers, authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
}

/** Asks again and again until something true comes, for twenty seconds; answers that. */
export async function until(ask) {
  for (const deadline = Date.now() + 20_000; ; ) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`it did not come true: ${ask}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
