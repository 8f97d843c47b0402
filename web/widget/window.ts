/** What a visitor sees: the launcher, the panel, the messages. Knows no network. */
import { el, icon, safe, written } from "./dom";
import { paymentCard } from "./payment";
import { sheet } from "./style";
import { compare, type Message, type Outgoing, type Settings } from "./types";
import type { Words } from "./words";

export interface Doings {
  open: () => void;
  close: () => void;
  write: (text: string, files: File[]) => Promise<void>;
  press: (message: Message, button: { id: string; title: string }) => void;
  typing: (typing: boolean) => void;
  retry: (id: string) => void;
  file: (message: Message, id: string) => Promise<string | null>;
  form: (answers: Record<string, string>) => void;
  earlier: () => void;
}

export interface View {
  messages: Message[];
  waiting: Outgoing[];
  readUpTo: string | null;
  away: boolean;
  offline: boolean;
  refused: boolean;
  typing: string | null;
  unread: number;
  more: boolean;
  asks: boolean;
  greets: boolean;
}

const largest = 25 * 1024 * 1024;

export class ChatWindow {
  readonly host = el("div", { id: "switchboard-chat" });
  private readonly log: HTMLElement;
  private readonly panel: HTMLElement;
  private readonly launch: HTMLButtonElement;
  private readonly hello: HTMLButtonElement;
  private readonly bar: HTMLElement;
  private readonly typingLine: HTMLElement;
  private readonly field: HTMLTextAreaElement;
  private readonly compose: HTMLElement;
  private readonly form: HTMLFormElement;
  private readonly fileList: HTMLElement;
  private readonly says = el("div", { class: "quiet", role: "status", "aria-live": "polite" });
  private files: File[] = [];
  isOpen = false;

  constructor(
    private readonly settings: Settings,
    private readonly words: Words,
    private readonly doings: Doings,
    private readonly look: { language: string; rtl: boolean },
  ) {
    const root = this.host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet(settings.colour)];
    this.host.dataset.side = settings.side;
    this.host.dataset.theme = settings.theme;
    const top = el("div", { lang: look.language, dir: look.rtl ? "rtl" : "ltr" });
    this.launch = el("button", { class: "launch", type: "button", "aria-label": words.open, "aria-expanded": "false" }, icon("chat"));
    this.hello = el("button", { class: "hello", type: "button", dir: "auto", hidden: true }, settings.greeting);
    const close = el("button", { class: "icon", type: "button", "aria-label": words.close }, icon("close"));
    this.log = el("div", { class: "log", role: "log", tabindex: "0", "aria-label": settings.title });
    this.bar = el("div", { class: "bar", role: "status", hidden: true });
    this.typingLine = el("div", { class: "typing" });
    this.field = el("textarea", { rows: "1", dir: "auto", maxlength: "10000", "aria-label": words.write, placeholder: words.write });
    const picker = el("input", { type: "file", multiple: true, hidden: true });
    const attach = el("button", { class: "icon", type: "button", "aria-label": words.attach }, icon("clip"));
    const send = el("button", { class: "icon send", type: "submit", "aria-label": words.send }, icon("send"));
    this.fileList = el("ul", { class: "files", hidden: true });
    const write = el("form", { class: "write" }, attach, picker, this.field, send);
    this.compose = el("div", {}, this.typingLine, this.fileList, write);
    this.form = this.ask();
    this.panel = el("div", { class: "panel", role: "dialog", "aria-label": settings.title, hidden: true },
      el("header", {}, el("h2", {}, settings.title), close), this.bar, this.form, this.log, this.compose);
    top.append(this.panel, this.hello, this.launch, this.says);
    root.append(top);
    this.launch.onclick = () => (this.isOpen ? this.close() : this.open());
    this.hello.onclick = () => this.open();
    close.onclick = () => this.close();
    attach.onclick = () => picker.click();
    picker.onchange = () => {
      this.take(picker.files);
      picker.value = "";
    };
    write.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.field.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    };
    this.field.oninput = () => {
      this.grow();
      this.doings.typing(this.field.value.trim() !== "");
    };
    this.field.onpaste = (event) => this.take(event.clipboardData?.files);
    this.panel.ondragover = (event) => event.preventDefault();
    this.panel.ondrop = (event) => {
      event.preventDefault();
      this.take(event.dataTransfer?.files);
    };
    this.panel.onkeydown = (event) => {
      if (event.key === "Escape") this.close();
      // Hosts' shortcuts must not hear what is typed here.
      event.stopPropagation();
    };
  }

  open(): void {
    if (this.isOpen) return;
    this.show(true);
    this.doings.open();
    const first = this.form.hidden ? this.field : this.form.querySelector("input");
    first?.focus();
  }

  close(): void {
    if (!this.isOpen) return;
    this.show(false);
    this.doings.close();
    this.launch.focus();
  }

  announce(text: string): void {
    this.says.textContent = text;
  }

  render(view: View): void {
    const { words } = this;
    const low = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    this.form.hidden = !view.asks;
    this.log.hidden = this.compose.hidden = view.asks || view.refused;
    const away = view.away ? this.settings.away_message || words.away : "";
    this.bar.textContent = view.refused ? words.blocked : view.offline ? words.offline : away;
    this.bar.hidden = this.bar.textContent === "";
    this.typingLine.textContent = view.typing ? `${view.typing} ${words.typing}` : "";
    this.hello.hidden = this.isOpen || !view.greets || !this.settings.greeting;
    this.launch.querySelector(".count")?.remove();
    if (view.unread && !this.isOpen) this.launch.append(el("span", { class: "count" }, String(view.unread)));
    const label = this.isOpen ? words.close : view.unread ? `${words.open} (${view.unread})` : words.open;
    this.launch.setAttribute("aria-label", label);
    const rows: Node[] = [];
    if (view.more) {
      const earlier = el("button", { type: "button", class: "who" }, words.earlier);
      earlier.onclick = () => this.doings.earlier();
      rows.push(earlier);
    }
    if (this.settings.greeting && !view.more) rows.push(el("div", { class: "msg" }, el("p", { dir: "auto" }, this.settings.greeting)));
    let before: Message | null = null;
    for (const message of view.messages) {
      if (message.from === "agent" && (before?.from !== "agent" || before.name !== message.name)) rows.push(el("div", { class: "who" }, message.name ?? words.agent));
      rows.push(...this.bubble(message));
      before = message;
    }
    const own = view.messages.filter((one) => one.from === "visitor").at(-1);
    if (own && own === view.messages.at(-1) && view.readUpTo && compare(own.position, view.readUpTo) <= 0) rows.push(el("div", { class: "meta" }, words.read));
    for (const one of view.waiting) rows.push(...this.pending(one));
    this.log.replaceChildren(...rows);
    if (low) this.log.scrollTop = this.log.scrollHeight;
  }

  private show(open: boolean): void {
    this.isOpen = open;
    this.panel.hidden = !open;
    this.host.toggleAttribute("data-open", open);
    this.launch.setAttribute("aria-expanded", String(open));
    this.hello.hidden = true;
    if (open) this.log.scrollTop = this.log.scrollHeight;
  }

  private bubble(message: Message): Node[] {
    const mine = message.from === "visitor";
    const box = el("div", { class: mine ? "msg mine" : "msg", "data-id": message.id });
    box.append(el("span", { class: "quiet" }, `${mine ? this.words.you : (message.name ?? this.words.agent)}: `));
    if (message.deleted) box.append(el("em", {}, this.words.deleted));
    if (message.reply_to?.text) box.append(el("div", { class: "quote", dir: "auto" }, message.reply_to.text));
    if (message.payment) box.append(paymentCard(message.payment, this.words, this.look.language));
    else if (message.text) box.append(el("p", { dir: "auto" }, written(message)));
    for (const file of message.attachments) box.append(this.attachment(message, file));
    if (message.location) {
      const { latitude, longitude, name } = message.location;
      const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
      box.append(el("a", { href, target: "_blank", rel: "noopener noreferrer" }, name ?? `${latitude}, ${longitude}`));
    }
    const rows: Node[] = [box];
    if (message.edited && !message.deleted) rows.push(el("div", { class: mine ? "meta" : "who" }, this.words.edited));
    if (message.buttons.length) rows.push(el("div", { class: "choices" }, ...message.buttons.map((button) => this.button(message, button))));
    return rows;
  }

  private button(message: Message, button: Message["buttons"][number]): Node {
    const href = button.url ? safe(button.url) : null;
    if (href) return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, button.title);
    const made = el("button", { type: "button" }, button.title);
    made.onclick = () => this.doings.press(message, button);
    return made;
  }

  private attachment(message: Message, file: Message["attachments"][number]): Node {
    const name = file.file_name ?? file.kind;
    const link = el("a", { href: "#", role: "button" }, file.kind === "image" && file.thumbnail_url ? el("img", { src: file.thumbnail_url, alt: name }) : `📎 ${name}`);
    link.onclick = (event) => {
      event.preventDefault();
      // Opened at once, so that no blocker stands in the way; filled when the address is there.
      const page = window.open("about:blank", "_blank");
      if (page) page.opener = null;
      void this.doings.file(message, file.id).then((url) => {
        if (page && url) page.location.replace(url);
        else page?.close();
      });
    };
    return link;
  }

  private pending(one: Outgoing): Node[] {
    const box = el("div", { class: "msg mine" }, el("p", { dir: "auto" }, one.text || one.choice?.title || ""), ...one.files.map((name) => el("div", {}, `📎 ${name}`)));
    const meta = el("div", { class: "meta" }, one.failed ? `${this.words.failed} ` : this.words.waiting);
    if (one.failed) {
      const again = el("button", { type: "button" }, this.words.again);
      again.onclick = () => this.doings.retry(one.client_id);
      meta.append(again);
    }
    return [box, meta];
  }

  private submit(): void {
    const text = this.field.value.trim();
    const files = this.files;
    if (!text && !files.length) return;
    this.field.value = "";
    this.files = [];
    this.grow();
    this.showFiles();
    this.log.scrollTop = this.log.scrollHeight;
    void this.doings.write(text, files).catch(() => {
      this.field.value ||= text;
      this.files = [...files, ...this.files];
      this.showFiles();
    });
  }

  private grow(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  private take(list: FileList | null | undefined): void {
    for (const file of list ?? []) {
      if (file.size > largest) this.announceBar(`${file.name}: ${this.words.tooLarge}`);
      else if (this.files.length < 10) this.files.push(file);
    }
    this.showFiles();
  }

  private announceBar(text: string): void {
    this.bar.textContent = text;
    this.bar.hidden = false;
  }

  private showFiles(): void {
    this.fileList.hidden = !this.files.length;
    this.fileList.replaceChildren(...this.files.map((file) => {
      const remove = el("button", { type: "button", "aria-label": `${this.words.remove} ${file.name}` }, "×");
      remove.onclick = () => {
        this.files = this.files.filter((one) => one !== file);
        this.showFiles();
      };
      return el("li", {}, el("span", { dir: "auto", title: file.name }, file.name), remove);
    }));
  }

  private ask(): HTMLFormElement {
    const inputs = this.settings.pre_chat.map(({ name, required }) => {
      const type = name === "email" ? "email" : name === "phone" ? "tel" : "text";
      return el("label", {}, this.words[name] + (required ? " *" : ""), el("input", { name, type, autocomplete: name === "phone" ? "tel" : name, required, maxlength: "200" }));
    });
    const form = el("form", { class: "ask", hidden: true }, ...inputs, el("button", { class: "go", type: "submit" }, this.words.begin));
    form.onsubmit = (event) => {
      event.preventDefault();
      const answers: Record<string, string> = {};
      for (const [name, value] of new FormData(form)) if (typeof value === "string" && value.trim()) answers[name] = value.trim();
      this.doings.form(answers);
      this.field.focus();
    };
    return form;
  }
}
