import { create } from "zustand";

interface Typing {
  /** Names by member, by conversation. */
  writers: Record<string, Record<string, string>>;
}

export const useTyping = create<Typing>(() => ({ writers: {} }));

const timers = new Map<string, ReturnType<typeof setTimeout>>();
const forgets = 8_000;

/** Notes that a member writes or has stopped; who says nothing more is forgotten after a while. */
export function noteTyping(conversationId: string, userId: string, name: string, typing: boolean): void {
  const key = `${conversationId}/${userId}`;
  clearTimeout(timers.get(key));
  timers.delete(key);
  if (typing) timers.set(key, setTimeout(() => noteTyping(conversationId, userId, name, false), forgets));
  useTyping.setState(({ writers }) => {
    const others = Object.fromEntries(Object.entries(writers[conversationId] ?? {}).filter(([id]) => id !== userId));
    return { writers: { ...writers, [conversationId]: typing ? { ...others, [userId]: name } : others } };
  });
}
