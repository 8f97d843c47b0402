import { useEffect, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { chat } from "./calls";
import type { ChatChanged, Seat } from "./types";

export const chatKey = (seat: Seat) => ["chat", seat.channel, seat.account, seat.customer.id] as const;

/** What the customer sees, renewed whenever the simulator says that something changed. */
export function useChat(seat: Seat) {
  const client = useQueryClient();
  const [typing, setTyping] = useState(false);
  const { channel, account, customer } = seat;
  useEffect(() => {
    const changes = new EventSource("/playground/api/changes");
    let quiet: ReturnType<typeof setTimeout> | undefined;
    changes.onmessage = (event: MessageEvent<string>) => {
      const told = JSON.parse(event.data) as ChatChanged;
      if (told.channel !== channel || told.account !== account || told.customer !== customer.id) return;
      clearTimeout(quiet);
      setTyping(told.typing);
      if (told.typing) quiet = setTimeout(() => setTyping(false), 6000);
      else void client.invalidateQueries({ queryKey: ["chat", channel, account, customer.id] });
    };
    // What happened while the line was down is in the chat.
    changes.onopen = () => void client.invalidateQueries({ queryKey: ["chat", channel, account, customer.id] });
    return () => {
      clearTimeout(quiet);
      changes.close();
      setTyping(false);
    };
  }, [client, channel, account, customer.id]);
  const messages = useQuery({ queryKey: chatKey(seat), queryFn: () => chat(seat) });
  return { messages, typing };
}
