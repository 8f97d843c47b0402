/** The one script of a site: finds its own tag, starts the chat, and takes the site's commands. */
import { Chat } from "./chat";
import type { Identity } from "./types";

type Command = (name: string, detail?: unknown, then?: (detail?: unknown) => void) => void;

interface Site {
  switchboard?: Command & { q?: Parameters<Command>[] };
}

const tag = document.currentScript as HTMLScriptElement | null;
const integration = tag?.dataset.integration;
const site = globalThis as unknown as Site;
const early = site.switchboard?.q ?? [];

function start(origin: string, id: string): void {
  let identity: Identity = {};
  let chat: Chat | null = null;
  const listeners: [string, (detail?: unknown) => void][] = [];
  const later: (() => void)[] = [];
  const withChat = (work: (chat: Chat) => void) => {
    if (chat) work(chat);
    else later.push(() => chat && work(chat));
  };
  const command: Command = (name, detail, then) => {
    if (name === "identify") {
      identity = detail as Identity;
      chat?.identify(identity);
    } else if (name === "on" && then) listeners.push([String(detail), then]);
    else if (name === "open") withChat((one) => one.open());
    else if (name === "close") withChat((one) => one.close());
    else if (name === "toggle") withChat((one) => one.toggle());
    else if (name === "reset") withChat((one) => one.reset());
    else if (name === "remove") withChat((one) => one.remove());
  };
  site.switchboard = command;
  for (const one of early) command(...one);
  const tell = (event: string, detail?: unknown) => {
    for (const [wanted, then] of listeners) if (wanted === event) then(detail);
  };
  Chat.start(origin, id, identity, tell).then(
    (started) => {
      chat = started;
      for (const work of later) work();
    },
    // The hub does not know this site: there is nothing to show.
    () => tell("refused"),
  );
}

if (tag && integration) {
  const origin = new URL(tag.src).origin;
  if (document.body) start(origin, integration);
  else document.addEventListener("DOMContentLoaded", () => start(origin, integration));
}
