// A connected system in one file, for Node 20 without packages. A line on standard input is what the customer
// "Ada" writes; what agents answer is printed, and told to the hub as delivered.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const { HUB_WEBHOOK, SIGNING_SECRET = "", PORT = "4000" } = process.env;
const key = Buffer.from(SIGNING_SECRET.replace(/^whsec_/, ""), "base64");
const customer = { id: "ada", name: "Ada Lovelace" };
const taken = new Set();

const sign = (id, timestamp, body) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`;

async function tell(type, data) {
  const body = Buffer.from(JSON.stringify({ type, data }));
  const id = randomUUID();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": sign(id, timestamp, body),
  };
  const answer = await fetch(HUB_WEBHOOK, { method: "POST", headers, body });
  if (!answer.ok) console.error(`the hub answered ${answer.status}: ${await answer.text()}`);
}

function proven(request, body) {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => request.headers[`webhook-${name}`] ?? "");
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const right = Buffer.from(sign(id, timestamp, body));
  return signatures.split(" ").some((one) => one.length === right.length && timingSafeEqual(Buffer.from(one), right));
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!proven(request, body)) return response.writeHead(401).end();
  const { type, data } = JSON.parse(body);
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
  const repeated = taken.has(request.headers["webhook-id"]);
  taken.add(request.headers["webhook-id"]);
  if (type !== "message.created" || repeated) return;
  console.log(`agent: ${data.text}`);
  await tell("message.status", { id: data.message_id, status: "delivered" });
}).listen(Number(PORT), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${PORT}`));

createInterface({ input: process.stdin }).on("line", (text) => {
  void tell("message.received", { id: randomUUID(), contact: customer, text });
});
