/** Messages that wait for the hub: kept over reloads, sent one after the other, each once by its client id. */
import { Refused, remember, remembered } from "./hub";
import type { Message, Outgoing } from "./types";

const longestPause = 30_000;

export class Queue {
  waiting: Outgoing[];
  private running = false;
  private timer: number | undefined;

  constructor(
    private readonly key: string,
    private readonly send: (message: Outgoing) => Promise<Message>,
    private readonly sent: (message: Message) => void,
    private readonly changed: () => void,
  ) {
    try {
      this.waiting = JSON.parse(remembered(key) ?? "[]") as Outgoing[];
    } catch {
      this.waiting = [];
    }
  }

  add(message: Outgoing): void {
    this.waiting.push(message);
    this.keep();
    void this.run();
  }

  retry(id: string): void {
    for (const one of this.waiting) if (one.client_id === id) one.failed = false;
    this.keep();
    void this.run();
  }

  clear(): void {
    window.clearTimeout(this.timer);
    this.waiting = [];
    this.keep();
  }

  /** Sends what waits; tries again by itself while the hub is away. */
  async run(pause = 1000): Promise<void> {
    if (this.running) return;
    this.running = true;
    window.clearTimeout(this.timer);
    try {
      for (let next = this.next(); next; next = this.next()) {
        try {
          const message = await this.send(next);
          this.waiting = this.waiting.filter((one) => one.client_id !== next?.client_id);
          this.keep(false);
          this.sent(message);
        } catch (error) {
          const refused = error instanceof Refused && error.status < 500 && error.status !== 429;
          if (!refused) {
            const wait = error instanceof Refused && error.retryAfter ? error.retryAfter * 1000 : pause;
            this.timer = window.setTimeout(() => void this.run(Math.min(pause * 2, longestPause)), wait);
            break;
          }
          next.failed = true;
          this.keep();
        }
      }
    } finally {
      this.running = false;
    }
  }

  private next(): Outgoing | undefined {
    return this.waiting.find((one) => !one.failed);
  }

  private keep(tell = true): void {
    remember(this.key, this.waiting.length ? JSON.stringify(this.waiting) : null);
    if (tell) this.changed();
  }
}
