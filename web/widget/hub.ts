/** The way to the hub: session, requests, and the socket that comes back by itself. */
import type { Conversation, Identity, Message, Outgoing, Session } from "./types";

export type State = "connecting" | "live" | "lost" | "refused";

export interface Ears {
  state: (state: State) => void;
  message: (message: Message) => void;
  conversation: (conversation: Conversation) => void;
  typing: (name: string, typing: boolean) => void;
  reset: () => void;
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly retryAfter: number,
  ) {
    super(`refused with ${status}`);
  }
}

const longestPause = 60_000;
const silence = 50_000;

export class Hub {
  private token: string | null;
  private cursor: string | null = null;
  private socket: WebSocket | null = null;
  private pause = 0;
  private again: number | undefined;
  private watch: number | undefined;
  private closed = true;
  identity: Identity = {};

  constructor(
    private readonly origin: string,
    private readonly integration: string,
    private readonly ears: Ears,
    private readonly language: string,
  ) {
    this.token = remembered(this.key());
  }

  /** Whether this browser was here before. */
  get known(): boolean {
    return this.token !== null;
  }

  url(path: string): string {
    return new URL(path, this.origin).href;
  }

  async settings(): Promise<Session["settings"]> {
    return (await this.fetch("settings", { method: "GET" })).json() as Promise<Session["settings"]>;
  }

  async begin(): Promise<Session> {
    const body = { ...this.identity, language: this.language, ...(this.token ? { token: this.token } : {}) };
    const response = await this.fetch("session", json(body));
    const session = (await response.json()) as Session;
    this.token = session.token;
    remember(this.key(), session.token);
    return session;
  }

  /** Forgets the visitor. */
  forget(): void {
    this.leave();
    this.token = null;
    this.cursor = null;
    this.identity = {};
    remember(this.key(), null);
  }

  async messages(before?: string): Promise<{ data: Message[]; more: boolean }> {
    const query = before ? `?before=${before}` : "";
    return (await this.ask(`messages${query}`, { method: "GET" })).json() as Promise<{ data: Message[]; more: boolean }>;
  }

  async message(id: string): Promise<Message> {
    return (await this.ask(`messages/${id}`, { method: "GET" })).json() as Promise<Message>;
  }

  async write(message: Outgoing, page: { url: string; title: string; referrer?: string }): Promise<Message> {
    const { client_id, text, uploads, choice, reply_to, form } = message;
    return (await this.ask("messages", json({ client_id, text, uploads, choice, reply_to, form, page }))).json() as Promise<Message>;
  }

  async upload(file: File): Promise<string> {
    const body = new FormData();
    body.append("file", file, file.name);
    return ((await (await this.ask("uploads", { method: "POST", body })).json()) as { upload: string }).upload;
  }

  seen(up_to: string, state: "delivered" | "read"): void {
    this.say("seen", { up_to, state });
  }

  typing(typing: boolean): void {
    this.say("typing", { typing });
  }

  /** Opens the socket and keeps it open. */
  listen(): void {
    this.closed = false;
    window.clearTimeout(this.again);
    if (this.socket || !this.token) return;
    this.ears.state("connecting");
    const socket = new WebSocket(this.url("/webchat/ws").replace(/^http/, "ws"));
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "authenticate", data: { token: this.token, after: this.cursor } }));
    socket.onmessage = (event) => this.hear(JSON.parse(String(event.data)) as Frame);
    socket.onclose = (event) => void this.lost(event.code);
    this.heard();
  }

  leave(): void {
    this.closed = true;
    window.clearTimeout(this.again);
    window.clearTimeout(this.watch);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private key(): string {
    return `switchboard.${this.integration}`;
  }

  private say(type: string, data: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type, data }));
  }

  private heard(): void {
    window.clearTimeout(this.watch);
    this.watch = window.setTimeout(() => this.socket?.close(), silence);
  }

  private hear(frame: Frame): void {
    this.heard();
    if (frame.cursor) this.cursor = frame.cursor;
    switch (frame.type) {
      case "authenticated":
        this.pause = 0;
        for (const one of frame.data.conversations) this.ears.conversation(one);
        this.ears.state("live");
        break;
      case "message":
        this.ears.message(frame.data);
        break;
      case "conversation":
        this.ears.conversation(frame.data);
        break;
      case "typing":
        this.ears.typing(frame.data.name, frame.data.typing);
        break;
      case "reset":
        this.ears.reset();
        break;
    }
  }

  private async lost(code: number): Promise<void> {
    this.socket = null;
    window.clearTimeout(this.watch);
    if (this.closed) return;
    this.ears.state("lost");
    if (code === 4401) {
      try {
        await this.begin();
      } catch (error) {
        if (error instanceof Refused && error.status < 429) {
          this.ears.state("refused");
          return;
        }
      }
    }
    this.pause = Math.min(Math.max(this.pause * 2, 1000), longestPause);
    const wait = code === 1012 && this.pause === 1000 ? 200 : this.pause;
    this.again = window.setTimeout(() => this.listen(), wait * (0.75 + Math.random() / 2));
  }

  /** With the visitor's token; a token that is not taken is renewed once. */
  private async ask(path: string, options: RequestInit): Promise<Response> {
    try {
      return await this.fetch(path, options);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      await this.begin();
      return this.fetch(path, options);
    }
  }

  private async fetch(path: string, options: RequestInit): Promise<Response> {
    const headers = new Headers(options.headers);
    if (this.token && path !== "session") headers.set("authorization", `Bearer ${this.token}`);
    const response = await fetch(this.url(`/webchat/${this.integration}/${path}`), { ...options, headers, credentials: "omit" });
    if (!response.ok) throw new Refused(response.status, Number(response.headers.get("retry-after") ?? 0));
    return response;
  }
}

type Frame = { cursor?: string } & (
  | { type: "authenticated"; data: { conversations: Conversation[] } }
  | { type: "message"; data: Message }
  | { type: "conversation"; data: Conversation }
  | { type: "typing"; data: { name: string; typing: boolean } }
  | { type: "reset" | "ping" | "pong" | "error"; data: unknown }
);

function json(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** A browser that keeps nothing gets a new visitor with every page. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Private windows.
  }
}
