import { create } from "zustand";

export interface Viewer {
  user_id: string;
  name: string;
}

/** Who else looks at a conversation, by conversation. */
export const useViewers = create<{ viewers: Record<string, Viewer[]> }>(() => ({ viewers: {} }));

export function noteViewers(conversationId: string, viewers: Viewer[]): void {
  useViewers.setState((state) => ({ viewers: { ...state.viewers, [conversationId]: viewers } }));
}
