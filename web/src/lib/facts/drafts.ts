import { create } from "zustand";

/** Unsent texts, by conversation and by whether they are notes. */
export const useDrafts = create<{ drafts: Record<string, string>; write: (key: string, text: string) => void }>((set) => ({
  drafts: {},
  write: (key, text) =>
    set(({ drafts }) => {
      const rest = Object.fromEntries(Object.entries(drafts).filter(([other]) => other !== key));
      return { drafts: text ? { ...rest, [key]: text } : rest };
    }),
}));

export function draftKey(conversationId: string, note: boolean): string {
  return note ? `${conversationId}/note` : conversationId;
}
