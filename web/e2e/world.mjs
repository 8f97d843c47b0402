// Customers on every channel that the demo plays, for pictures and for what only shows across channels.
import { act, caller, phone, sendFile, until } from "./hub.mjs";
import { png } from "./files.mjs";
import { connectLetters, formatted, invitation } from "./letters.mjs";

/** A customer as the platform would name them. */
export async function customer(hub, channel, name, digits) {
  const query = new URLSearchParams({ channel, name, digits });
  return (await fetch(`${hub.url}/playground/api/customer?${query}`)).json();
}

const talks = [
  ["slack", "Priya Raman", "3101", ["Our whole team would like the *Fjell* jackets.", "Is there a discount from ten pieces on?"]],
  ["discord", "Mika Virtanen", "3102", ["hey, does the Trail 30 come with a rain cover?"]],
  ["messenger", "Sofia Marino", "3103", ["Buongiorno, avete la tenda Lago 2 in negozio?"]],
  ["instagram", "Noah Fischer", "3104", ["Saw your story about the repair week. Do you take boots from other brands as well?"]],
  ["sms", "Grace Miller", "14155553105", ["My tracking link says page not found. Order 10511."]],
  ["email", "Hanna Lindqvist", "3106", ["Invoice for order 10477\n\nDear team,\n\nthe invoice for order 10477 names our old address. Could you send a corrected one?\n\nBest regards\nHanna"]],
  ["webchat", "Omar Aziz", "3107", ["Hello, is the size guide for children's boots the same?"]],
  ["api", "Field app, Oslo", "3108", ["Ticket 882: pump P-14 reports low pressure."]],
];

/** Lets somebody write on each channel; answers an admin's calls, and the customers by channel. */
export async function fillEveryChannel(hub, { plan = true } = {}) {
  const call = await caller(hub);
  const people = {};
  for (const [channel, name, digits, lines] of talks) {
    people[channel] = await customer(hub, channel, name, digits);
    for (const text of lines) await act(hub, people[channel], { type: "text", text }, channel);
  }
  await sendFile(hub, people.messenger, "image", "tent.png", "image/png", png(640, 420, [60, 120, 90]), "", "messenger");
  const write = await connectLetters(hub, call);
  await write(1, formatted({ plan }));
  await write(2, invitation());
  people.voice = await customer(hub, "voice", "Walter Brandt", "14155553109");
  return { call, people };
}

/** Nobody waits long for an answer on the played telephone line. */
export async function ringBriefly(call) {
  const { data } = await call("GET", "/integrations");
  const { id } = data.find((one) => one.channel === "voice");
  await call("PATCH", `/integrations/${id}`, { account: { ring_seconds: "5" } });
}

/** A customer who calls, waits for the tone, leaves a message and hangs up. */
export async function leaveVoicemail(hub, who) {
  await act(hub, who, { type: "phone", act: "call" }, "voice");
  await until(async () => (await phone(hub, who, "voice")).at(-1)?.text.endsWith("Beep."));
  await act(hub, who, { type: "phone", act: "speak", seconds: 4 }, "voice");
  await act(hub, who, { type: "phone", act: "hang_up" }, "voice").catch(() => undefined);
}
