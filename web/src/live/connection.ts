import { create } from "zustand";

export type ConnectionState = "connecting" | "live" | "offline";

interface Connection {
  state: ConnectionState;
  /** When the connection was lost, as milliseconds since 1970. */
  lostAt?: number;
  /** Events that a resume brought, shown for a moment as "caught up". */
  caughtUp?: number;
}

/** How things stand with the socket. */
export const useConnection = create<Connection>(() => ({ state: "connecting" }));
