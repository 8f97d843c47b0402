// A chat of your own in one file, without the widget: for Node 22 without packages (Node 20: node --experimental-websocket). In a browser
// the same calls work as they stand. A line on standard input is what the visitor writes; what agents answer is printed and told as read.
// "apps" must be among the integration's allowed origins, because programs have no origin.
import { createHmac, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { HUB = "http://localhost:8080", INTEGRATION, USER_ID, IDENTITY_SECRET = "", TOKEN_FILE } = process.env;
const window = `${HUB}/webchat/${INTEGRATION}`;
const shown = new Set();
const waiting = [];
let token = kept();
let cursor = null;
let sending = false;

/** The token is the visitor: whoever keeps it comes back to the same conversation. */
function kept() {
  try {
    return readFileSync(TOKEN_FILE, "utf8");
  } catch {
    return undefined;
  }
}

/** Begins, or begins again. A user's hash is computed on your server, never in a page. */
async function begin() {
  const hash = () => createHmac("sha256", IDENTITY_SECRET).update(USER_ID).digest("hex");
  const identity = USER_ID ? { user_id: USER_ID, user_hash: hash() } : {};
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${window}/session`, { method: "POST", headers, body: JSON.stringify({ token, ...identity }) });
  if (!answer.ok) throw new Error(`no session: ${answer.status} ${await answer.text()}`);
  ({ token } = await answer.json());
  if (TOKEN_FILE) writeFileSync(TOKEN_FILE, token, { mode: 0o600 });
}

async function ask(path, body, again = true) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${window}/${path}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  if (answer.status === 401 && again) {
    await begin();
    return ask(path, body, false);
  }
  if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status} ${await answer.text()}`), { status: answer.status });
  return answer.status === 204 ? undefined : answer.json();
}

function show(message) {
  if (message.deleted || shown.has(message.id)) return;
  shown.add(message.id);
  console.log(`${message.from === "agent" ? (message.name ?? "agent") : "you"}: ${message.text}`);
}

/** One after the other; a message that got no answer is sent again under the same id, and stands there once. */
async function send() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    try {
      show(await ask("messages", waiting[0]));
      waiting.shift();
    } catch (error) {
      if (error.status >= 400 && error.status < 500 && error.status !== 429) console.error(`not sent: ${waiting.shift().text} (${error.message})`);
      else await new Promise((done) => setTimeout(done, 2000));
    }
  }
  sending = false;
}

/** All that is there, oldest first, and then all that is new. */
async function look() {
  const { data } = await ask("messages");
  data.forEach(show);
  const newest = data.findLast((one) => one.from === "agent");
  if (newest) await ask("seen", { up_to: newest.id, state: "read" });
}

function listen(pause = 1000) {
  const socket = new WebSocket(`${HUB.replace("http", "ws")}/webchat/ws`);
  socket.onopen = () => socket.send(JSON.stringify({ type: "authenticate", data: { token, after: cursor } }));
  socket.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    cursor = frame.cursor ?? cursor;
    if (frame.type === "authenticated") [pause] = [1000, console.log("connected")];
    if (frame.type === "reset") void look();
    if (frame.type === "typing" && frame.data.typing) console.log(`(${frame.data.name} is writing)`);
    if (frame.type !== "message") return;
    show(frame.data);
    if (frame.data.from === "agent") socket.send(JSON.stringify({ type: "seen", data: { up_to: frame.data.id, state: "read" } }));
  };
  socket.onclose = async ({ code }) => {
    if (code === 4401) await begin();
    setTimeout(() => listen(Math.min(pause * 2, 60_000)), code === 1012 ? 0 : pause * (0.75 + Math.random() / 2));
  };
}

await begin();
await look();
listen();
createInterface({ input: process.stdin }).on("line", (text) => {
  waiting.push({ client_id: randomUUID(), text });
  void send();
});
