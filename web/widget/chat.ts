/** One visitor's chat: what is known, what waits, and what the window is told to show. */
import { isOpen } from "./hours";
import { Hub, Refused, remember, remembered, type State } from "./hub";
import { Queue } from "./queue";
import { compare, type Identity, type Message, type Outgoing, type Settings } from "./types";
import { ChatWindow, type View } from "./window";
import { choose } from "./words";

const typingEvery = 3000;
const typingLasts = 6000;

export type Listener = (event: string, detail?: unknown) => void;

export class Chat {
  private readonly messages = new Map<string, Message>();
  private readonly hub: Hub;
  private readonly queue: Queue;
  private readonly window: ChatWindow;
  private readonly seenKey: string;
  private readonly formKey: string;
  private state: State = "connecting";
  private begun: Promise<void> | null = null;
  private readUpTo: string | null = null;
  private typing: string | null = null;
  private typingEnds: number | undefined;
  private typed = 0;
  private more = false;
  private greets = false;
  private refused = false;
  private form: Record<string, string> | null = null;
  private told = "";
  private painting = false;

  private constructor(
    private readonly settings: Settings,
    origin: string,
    integration: string,
    look: ReturnType<typeof choose>,
    private readonly tell: Listener,
  ) {
    this.seenKey = `switchboard.${integration}.seen`;
    this.formKey = `switchboard.${integration}.form`;
    this.form = answered(remembered(this.formKey));
    this.hub = new Hub(origin, integration, {
      state: (state) => {
        this.state = state;
        if (state === "live") void this.queue.run();
        if (state === "refused") this.refused = true;
        this.paint();
      },
      message: (message) => this.take([message], true),
      conversation: (one) => {
        if (!this.readUpTo || compare(one.read_up_to, this.readUpTo) > 0) this.readUpTo = one.read_up_to;
        this.paint();
      },
      typing: (name, typing) => this.showTyping(typing ? name : null),
      reset: () => void this.read(),
    }, look.language);
    this.queue = new Queue(`switchboard.${integration}.queue`, (message) => this.send(message), (message) => {
      this.take([message], false);
      this.hub.listen();
    }, () => this.paint());
    this.window = new ChatWindow(settings, look.words, {
      open: () => {
        void this.begin();
        this.tell("opened");
        this.paint();
        this.saw();
      },
      close: () => {
        this.tell("closed");
        this.paint();
      },
      write: (text, files) => this.write(text, files),
      press: (message, button) => this.add({ text: "", choice: { id: button.id, title: button.title }, reply_to: message.id }),
      typing: (typing) => this.type(typing),
      retry: (id) => this.queue.retry(id),
      file: (message, id) => this.file(message, id),
      form: (answers) => {
        this.form = answers;
        remember(this.formKey, JSON.stringify(answers));
        this.paint();
      },
      earlier: () => void this.read(this.sorted()[0]?.position),
    }, look);
  }

  static async start(origin: string, integration: string, identity: Identity, tell: Listener): Promise<Chat> {
    const settings = await settled(() => new Hub(origin, integration, deaf, "en").settings());
    const look = choose(settings.languages, navigator.languages);
    const chat = new Chat(settings, origin, integration, look, tell);
    chat.hub.identity = identity;
    document.body.append(chat.window.host);
    chat.paint();
    if (chat.hub.known || chat.queue.waiting.length || identity.user_id) void chat.begin();
    if (settings.greeting_after) window.setTimeout(() => chat.greet(), settings.greeting_after * 1000);
    window.addEventListener("online", () => chat.back());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") chat.back();
    });
    tell("ready");
    return chat;
  }

  open(): void {
    this.window.open();
  }

  close(): void {
    this.window.close();
  }

  toggle(): void {
    if (this.window.isOpen) this.close();
    else this.open();
  }

  /** The site has proven who this is. */
  identify(identity: Identity): void {
    this.hub.identity = identity;
    this.hub.leave();
    this.begun = null;
    void this.begin();
  }

  /** Whoever comes next is somebody else. */
  reset(): void {
    this.hub.forget();
    this.queue.clear();
    this.messages.clear();
    remember(this.seenKey, null);
    remember(this.formKey, null);
    this.begun = null;
    this.readUpTo = null;
    this.form = null;
    this.more = false;
    this.window.close();
    this.paint();
  }

  remove(): void {
    this.hub.leave();
    this.window.host.remove();
  }

  private begin(): Promise<void> {
    this.begun ??= this.reach().catch((error: unknown) => {
      this.begun = null;
      if (error instanceof Refused && error.status < 429) this.refused = true;
      else {
        this.state = "lost";
        window.setTimeout(() => void this.begin(), 3000);
      }
      this.paint();
    });
    return this.begun;
  }

  private async reach(): Promise<void> {
    await this.hub.begin();
    this.refused = false;
    await this.read();
    this.hub.listen();
    void this.queue.run();
  }

  private async read(before?: string): Promise<void> {
    const { data, more } = await this.hub.messages(before);
    this.more = more;
    this.take(data, false);
  }

  private take(messages: Message[], fresh: boolean): void {
    for (const message of messages) {
      const isNew = !this.messages.has(message.id);
      for (const file of message.attachments) {
        if (file.url) file.url = this.hub.url(file.url);
        if (file.thumbnail_url) file.thumbnail_url = this.hub.url(file.thumbnail_url);
      }
      this.messages.set(message.id, message);
      if (message.client_id) this.queue.waiting = this.queue.waiting.filter((one) => one.client_id !== message.client_id);
      if (message.from === "agent" && isNew && fresh) {
        this.showTyping(null);
        this.hub.seen(message.id, "delivered");
        this.window.announce(`${message.name ?? ""}: ${message.text}`);
        this.tell("message", { id: message.id, text: message.text });
      }
    }
    this.paint();
    this.saw();
  }

  /** An open window in a tab that is looked at: everything in it was read. */
  private saw(): void {
    if (!this.window.isOpen || document.visibilityState !== "visible") return;
    const newest = this.sorted().filter((one) => one.from === "agent").at(-1);
    if (!newest || remembered(this.seenKey) === newest.position) return;
    remember(this.seenKey, newest.position);
    this.hub.seen(newest.id, "read");
    this.paint();
  }

  private async write(text: string, files: File[]): Promise<void> {
    if (!files.length) {
      this.add({ text });
      return;
    }
    await this.begin();
    const uploads = await Promise.all(files.map((file) => this.hub.upload(file)));
    this.add({ text, uploads, files: files.map((file) => file.name) });
  }

  private add(message: Partial<Outgoing>): void {
    const form = this.form && Object.keys(this.form).length ? { form: this.form } : {};
    this.queue.add({ client_id: uuid(), text: "", uploads: [], files: [], ...form, ...message });
    // From here on they wait with the message.
    remember(this.formKey, null);
    this.form = this.form ? {} : null;
    this.typed = 0;
  }

  private async send(message: Outgoing): Promise<Message> {
    await this.begin();
    const referrer = document.referrer.slice(0, 2000);
    return this.hub.write(message, { url: location.href.slice(0, 2000), title: document.title.slice(0, 300), ...(referrer ? { referrer } : {}) });
  }

  private type(typing: boolean): void {
    const due = Date.now() - this.typed > typingEvery;
    if (typing ? !due : !this.typed) return;
    this.typed = typing ? Date.now() : 0;
    this.hub.typing(typing);
  }

  private showTyping(name: string | null): void {
    window.clearTimeout(this.typingEnds);
    this.typing = name;
    if (name) this.typingEnds = window.setTimeout(() => this.showTyping(null), typingLasts);
    this.paint();
  }

  private greet(): void {
    this.greets = !this.messages.size && !this.window.isOpen;
    this.paint();
  }

  private back(): void {
    if (this.begun) this.hub.listen();
    void this.queue.run();
    this.saw();
  }

  /** Addresses of files work for some minutes: a fresh one for whoever opens it. */
  private async file(message: Message, id: string): Promise<string | null> {
    const fresh = await this.hub.message(message.id);
    const url = fresh.attachments.find((one) => one.id === id)?.url;
    return url ? this.hub.url(url) : null;
  }

  private sorted(): Message[] {
    return [...this.messages.values()].sort((one, other) => compare(one.position, other.position));
  }

  /** Once for all that changes in the same moment. */
  private paint(): void {
    if (this.painting) return;
    this.painting = true;
    queueMicrotask(() => {
      this.painting = false;
      const messages = this.sorted();
      const seen = remembered(this.seenKey);
      const unread = messages.filter((one) => one.from === "agent" && (!seen || compare(one.position, seen) > 0)).length;
      const view: View = {
        messages,
        waiting: this.queue.waiting,
        readUpTo: this.readUpTo,
        away: !isOpen(this.settings.business_hours, new Date()),
        offline: this.state === "lost",
        refused: this.refused,
        typing: this.typing,
        unread,
        more: this.more,
        asks: this.settings.pre_chat.length > 0 && !this.form && !messages.length && !this.queue.waiting.length && !this.hub.identity.user_id,
        greets: this.greets,
      };
      this.window.render(view);
      const told = String(unread);
      if (told !== this.told) this.tell("unread", unread);
      this.told = told;
    });
  }
}

const deaf = { state: () => {}, message: () => {}, conversation: () => {}, typing: () => {}, reset: () => {} };

/** Until the hub answers; a refusal is final. */
async function settled<T>(ask: () => Promise<T>): Promise<T> {
  for (let pause = 2000; ; pause = Math.min(pause * 2, 60_000)) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Refused && error.status < 429) throw error;
      await new Promise((done) => window.setTimeout(done, pause));
    }
  }
}

/** Also on pages without TLS, where `randomUUID` is missing. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Answers given before the chat that no message has carried yet: a reload must not lose them. */
function answered(text: string | null): Record<string, string> | null {
  try {
    return text === null ? null : (JSON.parse(text) as Record<string, string>);
  } catch {
    return null;
  }
}
