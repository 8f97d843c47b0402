import { useMemo } from "react";
import { useNavigate } from "@tanstack/react-router";

import { announce } from "@/ui/announce";
import type { Notice } from "@/live/apply";

/** What is said aloud, or shown for a moment, when something happens elsewhere. */
export function useNotice(): Notice {
  const navigate = useNavigate();
  return useMemo(
    () => ({
      message: ({ message }) => {
        if (message.direction === "inbound") announce(`${message.sender.name ?? "Somebody"} wrote: ${message.text || message.kind}`);
      },
      // Its words come with the first one.
      notification: (data) => void import("./notice").then(({ notify }) => notify(data, navigate)),
    }),
    [navigate],
  );
}
