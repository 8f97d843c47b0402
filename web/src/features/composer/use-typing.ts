import { useCallback, useEffect, useRef } from "react";

import { useSocket } from "@/live/live";

const again = 3000;
const rest = 5000;

/** Tells the others, and the customer where the channel can, that somebody writes here; and that they stopped. */
export function useTypingSignal(conversationId: string) {
  const socket = useSocket();
  const last = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const stop = useCallback(() => {
    clearTimeout(timer.current);
    if (last.current) socket?.send("typing_stop", { conversation_id: conversationId });
    last.current = 0;
  }, [socket, conversationId]);

  const touch = useCallback(
    (note: boolean) => {
      if (Date.now() - last.current > again) {
        last.current = Date.now();
        socket?.send("typing_start", { conversation_id: conversationId, note });
      }
      clearTimeout(timer.current);
      timer.current = setTimeout(stop, rest);
    },
    [socket, conversationId, stop],
  );
  useEffect(() => stop, [stop]);
  return { touch, stop };
}
