import { useQueryClient } from "@tanstack/react-query";

import { laterKeys, scheduleMessage } from "@/api/later";
import { editMessage, messageKeys } from "@/api/messages";
import type { Attachment, Conversation, SendRequest, Template } from "@/api/types";
import { plain, useComposerMode } from "@/lib/facts/composer-mode";
import { holdMessage } from "@/live/cache";
import { changeConversation } from "@/live/change-conversation";
import { inOrder, type HeldMessage, type MessagePages } from "@/live/message-pages";
import { sendMessage } from "@/live/outbox";
import { toastError } from "@/ui/toast";
import { type Offer, offered } from "./offer";
import { type Blanks, filled, templateRequest } from "./template-values";
import type { Upload } from "./use-uploads";

export interface Outgoing {
  text: string;
  note: boolean;
  uploads: Upload[];
  offer: Offer;
  /** What stands above a letter. */
  head: Pick<SendRequest, "subject" | "cc" | "bcc">;
  mentions: string[];
}

/** What the composer does with what was written: send, edit, or send a template; and close, when asked to. */
export function useSend(conversation: Conversation) {
  const client = useQueryClient();
  const mode = useComposerMode((state) => state.modes[conversation.id] ?? plain);
  const set = useComposerMode((state) => state.set);
  const { id } = conversation;

  function find(messageId: string | undefined): HeldMessage | undefined {
    return messageId ? inOrder(client.getQueryData<MessagePages>(messageKeys.of(id))).find((message) => message.id === messageId) : undefined;
  }

  async function send({ text, note, uploads, offer, head, mentions }: Outgoing, andClose: boolean): Promise<void> {
    const quoted = note ? undefined : find(mode.replyTo);
    const editing = mode.editing;
    set(id, { replyTo: undefined, editing: undefined });
    if (editing) {
      await editMessage(editing, text).then((message) => holdMessage(client, message)).catch(toastError);
      return;
    }
    const attachments = uploads.flatMap((one) => (one.attachment ? [{ ...one.attachment, local_url: one.preview } satisfies Attachment] : []));
    const sent = sendMessage(
      client,
      id,
      {
        ...requestOf({ text, note, uploads, offer, head, mentions }),
        reply_to: quoted?.id,
        last_seen_seq: conversation.last_seq || undefined,
      },
      { attachments, kind: attachments[0] ? kindOf(attachments[0]) : "text", reply_to: quoted ? { id: quoted.id, external_id: quoted.external_id, text: quoted.text, sender_name: quoted.sender.name } : null },
    );
    // Closed only behind the message: an answer to a closed conversation would open it again.
    if ((await sent) && andClose) await changeConversation(client, id, { status: "closed" }).catch(toastError);
  }

  /** Keeps it until its time; false where that was refused, and what was written stays. */
  async function sendLater(outgoing: Outgoing, at: Date): Promise<boolean> {
    const quoted = find(mode.replyTo);
    try {
      await scheduleMessage(id, { ...requestOf(outgoing), reply_to: quoted?.id }, at.toISOString());
    } catch (error) {
      toastError(error);
      return false;
    }
    set(id, { replyTo: undefined });
    void client.invalidateQueries({ queryKey: laterKeys.of(id) });
    return true;
  }

  function sendTemplate(template: Template, blanks: Blanks): Promise<boolean> {
    const request = templateRequest(template, blanks);
    return sendMessage(client, id, { client_id: crypto.randomUUID(), template: request }, { kind: "template", text: filled(template.body, "body", blanks) });
  }
  function sendLocation(location: NonNullable<SendRequest["location"]>): Promise<boolean> {
    return sendMessage(client, id, { client_id: crypto.randomUUID(), location, last_seen_seq: conversation.last_seq || undefined }, { kind: "location", text: location.name ?? "" });
  }
  return { mode, set, find, send, sendLater, sendTemplate, sendLocation };
}

/** What the hub is asked to send. */
function requestOf({ text, note, uploads, offer, head, mentions }: Outgoing): SendRequest {
  const attachments = uploads.flatMap((one) => one.attachment?.id ?? []);
  const buttons = note ? [] : offered(offer);
  const framed = buttons.length > 0;
  return {
    client_id: crypto.randomUUID(),
    text: text || undefined,
    note: note || undefined,
    attachments: attachments.length ? attachments : undefined,
    buttons: framed ? buttons : undefined,
    header: (framed && offer.header.trim()) || undefined,
    footer: (framed && offer.footer.trim()) || undefined,
    mentions: mentions.length ? mentions : undefined,
    ...head,
  };
}

function kindOf({ kind }: Attachment): string {
  return kind === "voice" ? "audio" : kind;
}
