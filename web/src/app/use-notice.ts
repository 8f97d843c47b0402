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
      notification: ({ kind, conversation, changed_by: by, text: said, integration, task }) => {
        if (said && integration) {
          toast(said, { act: { label: "Open", run: () => void navigate({ to: "/settings/$page/$item", params: { page: "integrations", item: integration.id } }) } });
          return;
        }
        if (task) {
          const who = task.contact?.name || task.contact?.phone;
          const about = who ? `${task.title} (${who})` : task.title;
          const place = task.conversation?.id;
          const run = () => void (place ? navigate({ to: "/inbox/$conversationId", params: { conversationId: place } }) : navigate({ to: "/tasks" }));
          toast(kind === "task_assigned" ? `${by?.name ?? "Somebody"} gave you a task: ${about}.` : `A task is due: ${about}.`, { act: { label: "Open", run } });
          return;
        }
        const id = conversation?.id;
        const name = conversation?.contact.name || "a conversation";
        const text = kind === "assigned" ? `${by?.name ?? "Somebody"} assigned ${name} to you.` : kind === "mention" ? `${by?.name ?? "Somebody"} mentioned you: ${name}.` : kind === "missed_call" ? `Missed call from ${name}. Call back, or write.` : kind === "scheduled_failed" ? `A message to ${name} could not be sent at its time.` : `News about ${name}.`;
        const open = id ? { label: "Open", run: () => void navigate({ to: "/inbox/$conversationId", params: { conversationId: id } }) } : undefined;
        toast(text, { act: open });
      },
    }),
    [navigate],
  );
}
