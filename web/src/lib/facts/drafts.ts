import { create } from "zustand";

import { restore, store } from "./stored";

/** What of a conversation's composer is not sent yet: the reply, the note for colleagues, a message being edited, and the head of a letter. */
export type DraftField = "reply" | "note" | "edit" | "subject" | "cc" | "bcc";

/** Unsent texts by conversation and field, in the order in which they were last written. */
type Texts = Record<string, string>;

/** Older ones are forgotten: who comes back to that many would not look for them. */
const most = 200;

interface Drafts {
  drafts: Texts;
  /** Whose they are: a browser that two people share shows neither what the other one wrote. */
  of?: string;
  write: (key: string, text: string) => void;
  /** Takes up what this person left in this browser. */
  take: (person: string | undefined) => void;
}

export const useDrafts = create<Drafts>((set, get) => ({
  drafts: {},
  write: (key, text) => {
    const rest = Object.entries(get().drafts).filter(([other]) => other !== key);
    const kept: [string, string][] = text ? [...rest, [key, text] as [string, string]].slice(-most) : rest;
    const drafts: Texts = Object.fromEntries(kept);
    set({ drafts });
    keep(get().of, drafts);
  },
  take: (person) => {
    if (person !== get().of) set({ of: person, drafts: person ? (restore(name(person), isTexts) ?? {}) : {} });
  },
}));

export function draftKey(conversationId: string, field: DraftField): string {
  return field === "reply" ? conversationId : `${conversationId}/${field}`;
}

const name = (person: string) => `drafts/${person}`;

let writing: ReturnType<typeof setTimeout> | undefined;
let waiting: (() => void) | undefined;

/** Written a moment after the last key, so that typing waits for no disk; at once when the page goes. */
function keep(person: string | undefined, drafts: Texts): void {
  if (!person) return;
  clearTimeout(writing);
  waiting = () => store(name(person), JSON.stringify(drafts));
  writing = setTimeout(flush, 300);
}

function flush(): void {
  clearTimeout(writing);
  waiting?.();
  waiting = undefined;
}

if (typeof window !== "undefined") window.addEventListener("pagehide", flush);

function isTexts(value: unknown): value is Texts {
  return typeof value === "object" && value !== null && Object.values(value).every((one) => typeof one === "string");
}
