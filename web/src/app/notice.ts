import type { UseNavigateResult } from "@tanstack/react-router";

import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { paymentNotice } from "@/lib/payment-notice";
import type { NotificationData } from "@/live/protocol";
import { toast } from "@/ui/toast";

/** Shows for a moment what a member is told, with the way there. */
export function notify(data: NotificationData, navigate: UseNavigateResult<string>): void {
  const { act, text, negative } = worded(data, navigate);
  toast(text, { negative, act: act && { label: "Open", run: act } });
}

interface Worded {
  text: string;
  negative?: boolean;
  act?: () => void;
}

function worded({ kind, conversation, changed_by: by, text: said, integration, task, payment }: NotificationData, navigate: UseNavigateResult<string>): Worded {
  const talk = (id: string) => void navigate({ to: "/inbox/$conversationId", params: { conversationId: id } });
  const somebody = by?.name ?? "Somebody";
  if (said && integration) return { text: said, act: () => void navigate({ to: "/settings/$page/$item", params: { page: "integrations", item: integration.id } }) };
  if (payment) {
    const { id, conversation_id: place } = payment;
    const act = () => (place ? talk(place) : usePaymentDialog.getState().show({ kind: "detail", id }));
    return { text: said ?? paymentNotice(kind, payment), negative: /failed|disputed/.test(kind), act };
  }
  if (task) {
    const who = task.contact?.name || task.contact?.phone;
    const about = who ? `${task.title} (${who})` : task.title;
    const place = task.conversation?.id;
    return { text: kind === "task_assigned" ? `${somebody} gave you a task: ${about}.` : `A task is due: ${about}.`, act: () => (place ? talk(place) : void navigate({ to: "/tasks" })) };
  }
  const name = conversation?.contact.name || "a conversation";
  const act = conversation && (() => talk(conversation.id));
  if (kind === "assigned") return { text: `${somebody} assigned ${name} to you.`, act };
  if (kind === "mention") return { text: `${somebody} mentioned you: ${name}.`, act };
  if (kind === "missed_call") return { text: `Missed call from ${name}. Call back, or write.`, act };
  if (kind === "scheduled_failed") return { text: `A message to ${name} could not be sent at its time.`, act };
  return { text: said ?? `News about ${name}.`, act };
}
