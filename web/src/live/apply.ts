import type { QueryClient } from "@tanstack/react-query";

import { callKeys } from "@/api/calls";
import { contactKeys } from "@/api/contacts";
import { conversationKeys } from "@/api/conversations";
import { dealKeys } from "@/api/deal-keys";
import { laterKeys } from "@/api/later";
import { mergeSuggestionKeys } from "@/api/merge-suggestions";
import { messageKeys } from "@/api/messages";
import { paymentKeys } from "@/api/payment-keys";
import { useSession } from "@/api/session";
import { taskKeys } from "@/api/tasks";
import type { LiveCall } from "@/api/types";
import { upsertCall } from "./calls";
import { changeMessages, heldConversation, holdConversation, holdMessage } from "./cache";
import { patchMessage, withStatus } from "./message-pages";
import type { ConversationData, DealData, Frame, MessageData, NotificationData, PaymentData, PresenceData, SettingsData, StatusData, TaskData, TypingData } from "./protocol";
import { onTask } from "./tasks";
import { noteTyping } from "./typing";
import { noteViewers } from "./viewers";

/** Told about what a person should notice beside the changed screen. */
export interface Notice {
  message?: (data: MessageData) => void;
  notification?: (data: NotificationData) => void;
}

/** Takes an event into what is cached. Applying one twice is the same as applying it once. */
export function apply(client: QueryClient, frame: Frame, notice: Notice = {}): void {
  const handle = handlers[frame.type];
  if (frame.data && handle) handle(client, frame.data, notice);
}

/** What is asked for anew when a part of the settings changed; all of it where the part has no entry. */
const touched: Record<string, string[]> = {
  labels: ["labels"],
  teams: ["teams", "members"],
  members: ["members", "teams"],
  organization: ["organization"],
  integrations: ["integrations", "templates", "phones"],
  templates: ["templates"],
  contacts: ["contact", "contacts", "tasks", "deals", "accounts"],
  pipelines: ["pipelines", "deals", "deal-views"],
  deal_views: ["deal-views"],
  deal_fields: ["deal-fields"],
  payment_accounts: ["payment-accounts"],
  trello: ["trello"],
};

type Handler = (client: QueryClient, data: unknown, notice: Notice) => void;

const handlers: Partial<Record<string, Handler>> = {
  new_message: (client, data, notice) => {
    onMessage(client, data as MessageData);
    notice.message?.(data as MessageData);
  },
  message_updated: (client, data) => onMessage(client, data as MessageData),
  message_status: (client, data) => {
    const told = data as StatusData;
    changeMessages(client, told.conversation_id, (pages) => patchMessage(pages, told.message_id, (message) => withStatus(message, told)));
    touchRow(client, told);
  },
  conversation_updated: (client, data) => onConversation(client, data as ConversationData),
  conversation_assigned: (client, data) => {
    onConversation(client, data as ConversationData);
    // Who sees a conversation sees its tasks.
    void client.invalidateQueries({ queryKey: taskKeys.all });
  },
  task_created: (client, data) => onTask(client, (data as TaskData).task, false),
  task_updated: (client, data) => onTask(client, (data as TaskData).task, false),
  task_deleted: (client, data) => onTask(client, (data as TaskData).task, true),
  deal_updated: (client, data) => void import("./deals").then(({ onDeal }) => onDeal(client, (data as DealData).deal)),
  payment_status: (client, data) => void import("./payments").then(({ onPayment }) => onPayment(client, (data as PaymentData).payment)),
  settings_updated: (client, data) => {
    const { what } = data as SettingsData;
    for (const name of (what && touched[what]) ?? Object.keys(touched)) void client.invalidateQueries({ queryKey: [name] });
  },
  merge_suggested: (client) => void client.invalidateQueries({ queryKey: mergeSuggestionKeys.all }),
  user_typing: (_, data) => {
    const { conversation_id, user_id, name, typing } = data as TypingData;
    if (user_id !== useSession.getState().user?.id) noteTyping(conversation_id, user_id, name, typing);
  },
  presence: (_, data) => {
    const { conversation_id, viewers } = data as PresenceData;
    // Without a conversation it tells that a member came or went.
    if (conversation_id && viewers) noteViewers(conversation_id, viewers.filter((viewer) => viewer.user_id !== useSession.getState().user?.id));
  },
  notification: (_, data, notice) => notice.notification?.(data as NotificationData),
  reset: (client) => refetchAll(client),
};

/** Asks anew for all that is shown: too much was missed to be told one by one. */
export function refetchAll(client: QueryClient): void {
  for (const key of [conversationKeys.lists, conversationKeys.counts, ["conversation"], messageKeys.all, ["contact"], callKeys.live, ["scheduled"], taskKeys.all, dealKeys.all, paymentKeys.all]) {
    void client.invalidateQueries({ queryKey: key });
  }
}

function onMessage(client: QueryClient, { message, conversation }: MessageData): void {
  holdMessage(client, message);
  if (message.kind === "call") client.setQueryData<LiveCall[]>(callKeys.live, (held) => upsertCall(held, message, conversation ?? heldConversation(client, message.conversation_id)));
  // The hub writes a line where the customer wants no more messages, or wants them again.
  if (message.kind === "system" && conversation) void client.invalidateQueries({ queryKey: contactKeys.one(conversation.contact.id), exact: true });
  if (message.direction !== "internal") noteTyping(message.conversation_id, message.sender.id ?? "", "", false);
  if (!conversation) return;
  onConversation(client, { conversation });
  // What the contact's panel lists, where it is open.
  for (const queryKey of [contactKeys.conversations(conversation.contact.id), contactKeys.timeline(conversation.contact.id)]) void client.invalidateQueries({ queryKey });
}

/** The list row shows a failed send, too. */
function touchRow(client: QueryClient, { message_id, conversation_id, status }: StatusData): void {
  const held = heldConversation(client, conversation_id);
  if (held?.last_message?.id === message_id) holdConversation(client, { ...held, last_message: { ...held.last_message, status } });
}

function onConversation(client: QueryClient, { conversation, renumbered }: ConversationData): void {
  holdConversation(client, conversation);
  if (renumbered) void client.invalidateQueries({ queryKey: messageKeys.of(conversation.id) });
  void client.invalidateQueries({ queryKey: laterKeys.of(conversation.id), exact: true });
  recount(client);
}

let counting: ReturnType<typeof setTimeout> | undefined;

/** Counts are asked for once after a burst. */
function recount(client: QueryClient): void {
  counting ??= setTimeout(() => {
    counting = undefined;
    void client.invalidateQueries({ queryKey: conversationKeys.counts });
  }, 800);
}
