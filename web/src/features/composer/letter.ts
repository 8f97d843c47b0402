import type { Abilities, Mailbox } from "@/api/types";

/** What an agent writes above a letter, as it stands in the fields. */
export interface LetterHead {
  subject: string;
  cc: string;
  bcc: string;
}

export const noHead: LetterHead = { subject: "", cc: "", bcc: "" };

/** Addresses parted by commas, semicolons or lines; `Name <address>` keeps the name. */
export function mailboxes(text: string): { boxes: Mailbox[]; wrong?: string } {
  const boxes: Mailbox[] = [];
  for (const one of text.split(/[,;\n]/).map((part) => part.trim()).filter(Boolean)) {
    const named = /^"?([^"<]*?)"?\s*<([^<>]+)>$/.exec(one);
    const address = (named?.[2] ?? one).trim();
    if (!/^[^\s@<>]+@[^\s@<>]+$/.test(address)) return { boxes, wrong: one };
    boxes.push(named?.[1] ? { name: named[1], address } : { address });
  }
  return { boxes };
}

/** What of a head keeps it from being sent. */
export function headFault({ cc, bcc }: LetterHead): string | undefined {
  const wrong = mailboxes(cc).wrong ?? mailboxes(bcc).wrong;
  return wrong && `${wrong} is not an e-mail address.`;
}

/** The head as the interface takes it, without what was left empty. */
export function headRequest(head: LetterHead, abilities: Abilities | undefined): { subject?: string; cc?: Mailbox[]; bcc?: Mailbox[] } {
  const cc = abilities?.cc ? mailboxes(head.cc).boxes : [];
  const bcc = abilities?.cc ? mailboxes(head.bcc).boxes : [];
  return { subject: (abilities?.subject && head.subject.trim()) || undefined, cc: cc.length ? cc : undefined, bcc: bcc.length ? bcc : undefined };
}
