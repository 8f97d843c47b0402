import { useMemo } from "react";
import { useNavigate } from "@tanstack/react-router";

import { announce } from "@/ui/announce";
import { toast } from "@/ui/toast";
import type { Notice } from "@/live/apply";

/** What is said aloud, or shown for a moment, when something happens elsewhere. */
export function useNotice(): Notice {
  const navigate = useNavigate();
  return useMemo(
    () => ({
      message: ({ message }) => {
        if (message.direction === "inbound") announce(`${message.sender.name ?? "Somebody"} wrote: ${message.text || message.kind}`);
      },
      notification: ({ text, conversation_id: id }) => {
        const open = id ? { label: "Open", run: () => void navigate({ to: "/inbox/$conversationId", params: { conversationId: id } }) } : undefined;
        toast(text, { act: open });
      },
    }),
    [navigate],
  );
}
