import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { freshToken } from "@/api/session";
import { apply, type Notice, refetchAll } from "./apply";
import { useConnection } from "./connection";
import { Socket } from "./socket";

const LiveContext = createContext<Socket | undefined>(undefined);

/** The socket of the logged-in part of the app; undefined for a moment at the start. */
export function useSocket(): Socket | undefined {
  return useContext(LiveContext);
}

/** Holds the connection while its children are shown. `account` is who is connected: a change connects anew. */
export function Live({ account, notice, children }: { account: string; notice: Notice; children: ReactNode }) {
  const client = useQueryClient();
  const [socket, setSocket] = useState<Socket>();
  const notices = useRef(notice);
  useEffect(() => {
    notices.current = notice;
  });

  useEffect(() => {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
    let calm: ReturnType<typeof setTimeout> | undefined;
    const made = new Socket({
      address,
      token: freshToken,
      onFrame: (frame) => apply(client, frame, notices.current),
      onLive: (replayed, resumed) => {
        const back = useConnection.getState().lostAt !== undefined;
        useConnection.setState({ state: "live", lostAt: undefined, caughtUp: back ? replayed : undefined });
        // What was fetched before the first connection may have missed something in between.
        if (!resumed) refetchAll(client);
        clearTimeout(calm);
        calm = setTimeout(() => useConnection.setState({ caughtUp: undefined }), 5000);
      },
      onLost: () => useConnection.setState(({ lostAt }) => ({ state: navigator.onLine ? "connecting" : "offline", lostAt: lostAt ?? Date.now() })),
    });
    const hurry = () => made.hurry();
    const again = () => made.again();
    const gone = () => useConnection.setState(({ lostAt }) => ({ state: "offline", lostAt: lostAt ?? Date.now() }));
    void made.start();
    setSocket(made);
    window.addEventListener("online", again);
    window.addEventListener("offline", gone);
    document.addEventListener("visibilitychange", hurry);
    return () => {
      made.stop();
      clearTimeout(calm);
      window.removeEventListener("online", again);
      window.removeEventListener("offline", gone);
      document.removeEventListener("visibilitychange", hurry);
    };
  }, [client, account]);

  return <LiveContext value={socket}>{children}</LiveContext>;
}

/** Joins a conversation while it is shown: typing, presence and receipts of it are told only to those who joined. */
export function useJoined(conversationId: string): void {
  const socket = useSocket();
  useEffect(() => {
    socket?.join(conversationId);
    return () => socket?.leave(conversationId);
  }, [socket, conversationId]);
}
