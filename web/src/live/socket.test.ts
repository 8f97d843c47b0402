import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Frame } from "./protocol";
import { Socket } from "./socket";

class FakeWebSocket {
  readyState = 0;
  sent: Frame[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (() => void) | null;

  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  send(text: string) {
    this.sent.push(JSON.parse(text) as Frame);
  }
  say(frame: Frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
}

let sockets: FakeWebSocket[];
let frames: Frame[];
let lives: [number, boolean][];
let socket: Socket;
const last = () => sockets[sockets.length - 1] as FakeWebSocket;
const settle = () => vi.advanceTimersByTimeAsync(20_000);

beforeEach(async () => {
  vi.useFakeTimers();
  sockets = [];
  frames = [];
  lives = [];
  socket = new Socket({
    address: "ws://hub/ws",
    token: () => Promise.resolve("token"),
    onFrame: (frame) => frames.push(frame),
    onLive: (replayed, resumed) => lives.push([replayed, resumed]),
    onLost: () => undefined,
    open: () => {
      const made = new FakeWebSocket();
      sockets.push(made);
      return made as unknown as WebSocket;
    },
  });
  await socket.start();
  last().open();
  last().say({ type: "authenticated", cursor: "c0", data: { replayed: 0 } });
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
});

describe("socket", () => {
  it("authenticates with the token, and after a loss with the last cursor it saw", async () => {
    expect(last().sent[0]).toEqual({ type: "authenticate", data: { token: "token" } });
    last().say({ type: "new_message", id: "1", cursor: "c1", data: {} });
    last().say({ type: "ping", cursor: "c2" });
    last().close();
    await settle();
    last().open();
    expect(last().sent[0]).toEqual({ type: "authenticate", data: { token: "token", cursor: "c2" } });
    last().say({ type: "authenticated", cursor: "c3", data: { replayed: 4 } });
    expect(lives).toEqual([
      [0, false],
      [4, true],
    ]);
  });

  it("connects anew at once when the network is back, from where it was", async () => {
    last().say({ type: "new_message", id: "1", cursor: "c1", data: {} });
    const before = sockets.length;
    socket.again();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets.length).toBe(before + 1);
    last().open();
    expect(last().sent[0]).toEqual({ type: "authenticate", data: { token: "token", cursor: "c1" } });
    await settle();
    expect(sockets.length).toBe(before + 1);
  });

  it("drops an event that a resume repeats", async () => {
    last().say({ type: "new_message", id: "1", cursor: "c1", data: {} });
    last().close();
    await settle();
    last().open();
    last().say({ type: "new_message", id: "1", cursor: "c1", data: {} });
    last().say({ type: "new_message", id: "2", cursor: "c2", data: {} });
    expect(frames.map((frame) => frame.id)).toEqual(["1", "2"]);
  });

  it("starts from nothing after a reset", async () => {
    last().say({ type: "reset" });
    expect(frames).toEqual([{ type: "reset" }]);
    last().close();
    await settle();
    last().open();
    expect(last().sent[0]).toEqual({ type: "authenticate", data: { token: "token" } });
  });

  it("joins again what was joined", async () => {
    socket.join("conversation");
    last().close();
    await settle();
    last().open();
    last().say({ type: "authenticated", data: {} });
    expect(last().sent).toContainEqual({ type: "join_conversation", data: { conversation_id: "conversation" } });
  });

  it("authenticates anew on the same connection when its token has run out", async () => {
    last().say({ type: "error", data: { code: "token_expired" } });
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(1);
    expect(last().sent[1]).toEqual({ type: "authenticate", data: { token: "token" } });
  });

  it("takes a silent connection for dead", async () => {
    await vi.advanceTimersByTimeAsync(75_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("comes back at once when told to hurry", async () => {
    last().close();
    socket.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
  });

  it("survives what is no frame", () => {
    last().onmessage?.({ data: "not json" });
    last().onmessage?.({ data: "[1]" });
    last().say({ type: "new_message", id: "9", data: {} });
    expect(frames).toHaveLength(1);
  });
});
