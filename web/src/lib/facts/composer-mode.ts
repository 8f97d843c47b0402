import { create } from "zustand";

/** What the composer of a conversation is doing beside plain text. Kept here so that `r`, `n` and the messages' toolbars can set it. */
export interface ComposerMode {
  note: boolean;
  /** The message being answered, or being edited. */
  replyTo?: string;
  editing?: string;
  /** The dialog that is open over it. */
  picking?: "template" | "location" | "time";
}

interface Modes {
  modes: Record<string, ComposerMode>;
  /** Counts requests to put the cursor into the composer. */
  focus: number;
  set: (conversationId: string, change: Partial<ComposerMode>) => void;
  /** Opens a dialog, or closes it; the cursor stays where the dialog puts it. */
  pick: (conversationId: string, picking?: ComposerMode["picking"]) => void;
}

export const plain: ComposerMode = { note: false };

export const useComposerMode = create<Modes>((set) => ({
  modes: {},
  focus: 0,
  set: (conversationId, change) =>
    set(({ modes, focus }) => ({
      modes: { ...modes, [conversationId]: { ...(modes[conversationId] ?? plain), ...change } },
      focus: focus + 1,
    })),
  pick: (conversationId, picking) => set(({ modes }) => ({ modes: { ...modes, [conversationId]: { ...(modes[conversationId] ?? plain), picking } } })),
}));
