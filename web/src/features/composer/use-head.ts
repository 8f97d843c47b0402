import { useDrafts, draftKey } from "@/lib/facts/drafts";
import type { LetterHead } from "./letter";

/** The head of the letter that is being written in a conversation; it waits there like the text does. */
export function useHead(conversationId: string): [LetterHead, (head: LetterHead) => void] {
  const key = (field: keyof LetterHead) => draftKey(conversationId, field);
  const subject = useDrafts((state) => state.drafts[key("subject")] ?? "");
  const cc = useDrafts((state) => state.drafts[key("cc")] ?? "");
  const bcc = useDrafts((state) => state.drafts[key("bcc")] ?? "");
  const head = { subject, cc, bcc };

  function write(next: LetterHead) {
    for (const field of ["subject", "cc", "bcc"] as const) if (next[field] !== head[field]) useDrafts.getState().write(key(field), next[field]);
  }
  return [head, write];
}
