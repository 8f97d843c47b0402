import { type Frame, readFrame } from "./protocol";
import { Seen } from "./seen";

export interface SocketOptions {
  address: string;
  /** A token to authenticate with; undefined ends the attempt for good. */
  token: () => Promise<string | undefined>;
  /** Called once per event id, and for every frame without an id. */
  onFrame: (frame: Frame) => void;
  /** `replayed` is how many events the resume brought; `resumed` says whether there was a cursor to resume from. */
  onLive: (replayed: number, resumed: boolean) => void;
  onLost: () => void;
  open?: (address: string) => WebSocket;
}

const silence = 70_000;
const shortest = 400;
const longest = 15_000;

/** One connection to the hub that comes back by itself, from where it was. */
export class Socket {
  private socket?: WebSocket;
  private cursor?: string;
  private attempts = 0;
  private stopped = false;
  private ready = false;
  private retry?: ReturnType<typeof setTimeout>;
  private watchdog?: ReturnType<typeof setTimeout>;
  private readonly seen = new Seen();
  private readonly joined = new Set<string>();

  constructor(private readonly options: SocketOptions) {}

  async start(): Promise<void> {
    clearTimeout(this.retry);
    if (this.stopped || this.socket) return;
    let token: string | undefined;
    try {
      token = await this.options.token();
    } catch {
      return this.lost();
    }
    if (!token || this.stopped || this.socket) return;
    const socket = (this.options.open ?? ((address) => new WebSocket(address)))(this.options.address);
    this.socket = socket;
    socket.onopen = () => this.transmit({ type: "authenticate", data: { token, ...(this.cursor ? { cursor: this.cursor } : {}) } });
    socket.onmessage = (event) => this.take(event.data);
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
    this.watch();
  }

  /** Connects at once instead of after the wait: the network is back, or the page is looked at again. */
  hurry(): void {
    if (!this.socket) {
      this.attempts = 0;
      void this.start();
    }
  }

  /** Connects anew, from where it was: what was open may be dead without knowing it. */
  again(): void {
    if (this.stopped) return;
    if (this.socket) this.lost();
    this.hurry();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  join(conversationId: string): void {
    this.joined.add(conversationId);
    this.send("join_conversation", { conversation_id: conversationId });
  }

  leave(conversationId: string): void {
    this.joined.delete(conversationId);
    this.send("leave_conversation", { conversation_id: conversationId });
  }

  /** Sends now or not at all: what is told here is worth nothing later. */
  send(type: string, data: unknown): void {
    if (this.ready) this.transmit({ type, data });
  }

  private transmit(frame: Frame): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  private take(data: unknown): void {
    const frame = readFrame(data);
    this.watch();
    if (!frame) return;
    const repeated = frame.id !== undefined && !this.seen.add(String(frame.id));
    if (!repeated) this.dispatch(frame);
    // After the event was applied, so that a failure there is made good by the next resume.
    if (frame.cursor) this.cursor = frame.cursor;
  }

  private dispatch(frame: Frame): void {
    if (frame.type === "ping") return this.transmit({ type: "pong" });
    if (frame.type === "authenticated") return this.live(frame);
    if (frame.type === "error" && (frame.data as { code?: string } | undefined)?.code === "token_expired") return void this.renew();
    if (frame.type === "reset") this.cursor = undefined;
    this.options.onFrame(frame);
  }

  /** The hub keeps the connection for a moment after its token ran out. */
  private async renew(): Promise<void> {
    const token = await this.options.token().catch(() => undefined);
    if (token) this.transmit({ type: "authenticate", data: { token } });
  }

  private live(frame: Frame): void {
    const resumed = this.cursor !== undefined;
    this.ready = true;
    this.attempts = 0;
    for (const id of this.joined) this.send("join_conversation", { conversation_id: id });
    const { replayed } = (frame.data ?? {}) as { replayed?: number };
    this.options.onLive(replayed ?? 0, resumed);
  }

  private lost(): void {
    const socket = this.socket;
    this.socket = undefined;
    this.ready = false;
    clearTimeout(this.watchdog);
    if (socket) socket.onclose = null;
    socket?.close();
    if (this.stopped) return;
    this.options.onLost();
    const wait = Math.min(longest, shortest * 2 ** this.attempts++);
    this.retry = setTimeout(() => void this.start(), wait / 2 + (Math.random() * wait) / 2);
  }

  /** A connection that says nothing for this long is dead, whatever the browser thinks. */
  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost(), silence);
  }
}
