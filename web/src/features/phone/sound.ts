import type { Call, Device } from "@twilio/voice-sdk";
import { create } from "zustand";

import { voiceToken } from "@/api/calls";

type Line = "own" | "shared";

interface Sound {
  /** Calls that ring in this browser, by the platform's id of the call. */
  rings: Record<string, Call>;
  /** What is heard now. */
  talk?: Call;
  muted: boolean;
  /** Why nothing rings or is heard here, in words for the person. */
  fault?: string;
}

/** The platform's side of this browser's telephone: what rings and what is heard. Who calls, and how the call stands, is told by the hub. */
export const useSound = create<Sound>(() => ({ rings: {}, muted: false }));

/** Calls that this browser has asked to be led to it: they are taken without a second question. */
const expected = new Set<string>();

export function expectCall(sid: string | null): void {
  if (sid) expected.add(sid);
}

/** Makes this browser a telephone of the account until the answer is called. `shared` rings when a customer calls. */
export function listen(integrationId: string, shared: boolean): () => void {
  const devices: Device[] = [];
  let gone = false;
  const lines: Line[] = shared ? ["own", "shared"] : ["own"];
  for (const line of lines) {
    register(integrationId, line)
      .then((device) => (gone ? device.destroy() : devices.push(device)))
      .catch((error: unknown) => useSound.setState({ fault: words(error) }));
  }
  return () => {
    gone = true;
    for (const device of devices) device.destroy();
  };
}

async function register(integrationId: string, line: Line): Promise<Device> {
  const [library, token] = await Promise.all([import("@twilio/voice-sdk"), voiceToken(integrationId)]);
  const device = new library.Device(token[line].token, { closeProtection: line === "own", logLevel: "error" });
  // The phone rings by itself.
  device.audio?.incoming(false);
  device.on("incoming", (call: Call) => ring(line, call));
  device.on("tokenWillExpire", () => void voiceToken(integrationId).then((next) => device.updateToken(next[line].token)));
  device.on("registered", () => useSound.setState({ fault: undefined }));
  device.on("error", (error: unknown) => useSound.setState({ fault: words(error) }));
  await device.register();
  return device;
}

function ring(line: Line, call: Call): void {
  const sid = call.customParameters.get("call") ?? call.parameters.CallSid ?? "";
  const begunHere = line === "own" && !call.customParameters.has("call");
  for (const end of ["cancel", "disconnect", "reject"]) call.on(end, () => forget(sid, call));
  if (begunHere || expected.delete(sid)) take(call);
  else useSound.setState(({ rings }) => ({ rings: { ...rings, [sid]: call } }));
}

function take(call: Call): void {
  call.accept();
  useSound.setState({ talk: call, muted: false });
}

function forget(sid: string, call: Call): void {
  useSound.setState(({ rings, talk }) => ({
    rings: Object.fromEntries(Object.entries(rings).filter(([id]) => id !== sid)),
    talk: talk === call ? undefined : talk,
  }));
}

/** Whether the call rang here and is taken now. */
export function accept(sid: string | null): boolean {
  const call = sid ? useSound.getState().rings[sid] : undefined;
  if (!sid || !call) return false;
  forget(sid, call);
  take(call);
  return true;
}

/** Stops the ringing here; it goes on with the others. */
export function ignore(sid: string | null): void {
  const call = sid ? useSound.getState().rings[sid] : undefined;
  if (!sid || !call) return;
  call.ignore();
  forget(sid, call);
}

export function mute(muted: boolean): void {
  useSound.getState().talk?.mute(muted);
  useSound.setState({ muted });
}

function words(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "PermissionDeniedError" || name === "NotAllowedError") return "The browser may not use the microphone. Allow it in the address bar, or take calls on your telephone.";
  return `Calls cannot be heard here${error instanceof Error && error.message ? `: ${error.message}` : "."}`;
}
