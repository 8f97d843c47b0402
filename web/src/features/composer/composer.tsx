import { useEffect, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";

import { contact as contactQuery } from "@/api/contacts";
import { channels } from "@/api/integrations";
import { useMay } from "@/api/may";
import { members } from "@/api/organization";
import type { Conversation } from "@/api/types";
import { classes } from "@/lib/classes";
import { draftKey, useDrafts } from "@/lib/facts/drafts";
import { type ComposerMode, useComposerMode } from "@/lib/facts/composer-mode";
import { usePaymentDialog } from "@/lib/facts/payment-dialog";
import { segmentsOf } from "@/lib/segments";
import { useShortcuts } from "@/lib/shortcuts";
import { useNow } from "@/lib/use-now";
import { late } from "@/ui/late";
import { AccountNotice } from "./account-notice";
import { barOf } from "./barred";
import { ComposerFoot } from "./composer-foot";
import { ComposerTabs } from "./composer-tabs";
import { counter } from "./limits";
import { headFault, headRequest, noHead } from "./letter";
import { mentioned } from "./mentions";
import { inWords, newChoice, noOffer } from "./offer";
import { useHead } from "./use-head";
import { TextField } from "./text-field";
import { TypingLine } from "./typing-line";
import { useSend } from "./use-send";
import { useTypingSignal } from "./use-typing";
import { useUploads } from "./use-uploads";
import { way } from "./way";
import { windowNow } from "./window";

// What only some conversations need.
const BarredReply = late(() => import("./barred-reply").then((module) => module.BarredReply));
const ClosedWindow = late(() => import("./closed-window").then((module) => module.ClosedWindow));
const ContextStrip = late(() => import("./context-strip").then((module) => module.ContextStrip));
const LetterFields = late(() => import("./letter-fields").then((module) => module.LetterFields));
const OfferEditor = late(() => import("./offer-editor").then((module) => module.OfferEditor));
const UploadTray = late(() => import("./upload-tray").then((module) => module.UploadTray));
const LocationDialog = late(() => import("./location-dialog").then((module) => module.LocationDialog));
const TimeDialog = late(() => import("@/ui/time-dialog").then((module) => module.TimeDialog));
const TemplateDialog = late(() => import("./template-dialog").then((module) => module.TemplateDialog));

/** Where an agent writes to the customer, or to the team. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const { mode, set, find, send, sendLater, sendTemplate, sendLocation } = useSend(conversation);
  const { note } = mode;
  const channel = useQuery(channels()).data?.find((one) => one.id === conversation.channel);
  const key = draftKey(conversation.id, mode.editing ? "edit" : note ? "note" : "reply");
  const text = useDrafts((state) => state.drafts[key] ?? "");
  const write = useDrafts((state) => state.write);
  const focus = useComposerMode((state) => state.focus);
  const writes = useMay("writeConversations");
  const pays = useMay("writePayments") && !conversation.contact.is_group;
  const showPayment = usePaymentDialog((state) => state.show);
  const pay = pays ? () => showPayment({ kind: "ask", conversationId: conversation.id }) : undefined;
  const people = useQuery(members()).data ?? [];
  const abilities = channel?.abilities;
  const channelName = channel?.name ?? conversation.channel;
  const { uploads, add, remove, retry, clear } = useUploads(conversation.id, note ? undefined : abilities, channelName);
  const [offer, setOffer] = useState(noOffer);
  const [head, setHead] = useHead(conversation.id);
  const { picking } = mode;
  const pick = useComposerMode((state) => state.pick);
  const setPicking = (next?: ComposerMode["picking"]) => pick(conversation.id, next);
  const [dragging, setDragging] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const typing = useTypingSignal(conversation.id);
  const window = windowNow(abilities?.window_hours, conversation.window_closes_at, useNow(15_000));
  const context = find(mode.editing ?? mode.replyTo);
  const editing = mode.editing !== undefined && context !== undefined;
  const count = counter(text, abilities, note, uploads.length > 0);
  // Who wants no more messages is known with the contact.
  const contact = useQuery(contactQuery(conversation.contact.id)).data;
  const bar = note || editing ? undefined : barOf(conversation, contact, abilities, window);
  const shut = bar !== undefined;
  const lettered = !note && !editing && abilities !== undefined && (abilities.subject === true || abilities.cc === true);
  const fault = lettered ? headFault(head) : undefined;
  const ready = !fault && !count.over && uploads.every((one) => one.attachment) && (text.trim() !== "" || (uploads.length > 0 && !editing));

  useShortcuts({ r: () => set(conversation.id, { note: false }), n: () => set(conversation.id, { note: true, replyTo: undefined }), $: pay, "Mod+$": pay }, writes);
  const shown = useRef(focus);
  useEffect(() => {
    if (shown.current !== focus) field.current?.focus();
    shown.current = focus;
  }, [focus]);
  // Editing starts from what stands there.
  const contextText = editing ? context.text : undefined;
  useEffect(() => {
    if (contextText !== undefined) write(key, contextText);
  }, [contextText, key, write]);

  const outgoing = () => ({ text: text.trim(), note, uploads, offer, head: lettered ? headRequest(head, abilities) : {}, mentions: note ? mentioned(text, people) : [] });
  function empty() {
    write(key, "");
    clear();
    setOffer(noOffer);
    setHead(noHead);
    typing.stop();
  }
  function submit(andClose = false) {
    if (!ready || shut) return;
    const sent = outgoing();
    empty();
    void send(sent, andClose);
  }
  /** Where the cursor stands, or in place of what is selected. */
  function insert(piece: string) {
    const box = field.current;
    const [start, end] = box ? [box.selectionStart, box.selectionEnd] : [text.length, text.length];
    write(key, text.slice(0, start) + piece + text.slice(end));
    requestAnimationFrame(() => {
      box?.focus();
      box?.setSelectionRange(start + piece.length, start + piece.length);
    });
  }
  async function submitLater(at: Date) {
    setPicking(undefined);
    if (ready && !shut && (await sendLater(outgoing(), at))) empty();
  }

  if (!writes) return <p className="border-t px-4 py-3 text-center text-sm text-muted">Your role reads along. Writing needs the role of an agent.</p>;
  return (
    <section aria-label="Composer" className="border-t">
      <TypingLine conversationId={conversation.id} />
      <AccountNotice integrationId={conversation.integration_id} />
      <div
        className={classes("@container relative", note ? "bg-paper on-tint" : "bg-surface", dragging && "outline-2 -outline-offset-2 outline-accent")}
        onDragOver={(event) => {
          event.preventDefault();
          setDragging(true);
        }}
        onDragLeave={() => setDragging(false)}
        onDrop={(event) => {
          event.preventDefault();
          setDragging(false);
          add(event.dataTransfer.files);
        }}
      >
        <ComposerTabs note={note} reply={abilities?.text.max === 0 ? "Call" : "Reply"} disabled={editing} onChange={(next) => set(conversation.id, { note: next, replyTo: undefined })} />
        {context ? <ContextStrip message={context} editing={editing} onDrop={() => (editing && write(key, ""), set(conversation.id, { replyTo: undefined, editing: undefined }))} /> : null}
        {bar && bar !== "window" ? (
          <BarredReply bar={bar} conversation={conversation} contact={contact} channelName={channelName} onNote={() => set(conversation.id, { note: true, replyTo: undefined })} />
        ) : shut ? (
          <ClosedWindow channelName={channelName} contactName={conversation.contact.name} hours={abilities?.window_hours ?? 24} templates={abilities?.templates ?? false} onTemplate={() => setPicking("template")} />
        ) : (
          <>
            {lettered ? <LetterFields abilities={abilities} head={head} subject={conversation.subject} fault={fault} onChange={setHead} /> : null}
            {uploads.length > 0 ? <UploadTray uploads={uploads} onRemove={remove} onRetry={retry} /> : null}
            <TextField
              ref={field}
              text={text}
              note={note}
              placeholder={note ? "Write a note for your team. @ mentions somebody." : `Write to ${brief(conversation.contact.name) || "the customer"} ${way(abilities)} ${channelName}`}
              people={note ? people : []}
              onChange={(next) => {
                write(key, next);
                if (next) typing.touch(note);
              }}
              onFiles={add}
              onSubmit={submit}
            />
            {!note && !editing && abilities && offer.buttons.length ? <OfferEditor abilities={abilities} offer={offer} text={text} onChange={setOffer} onDrop={() => setOffer(noOffer)} /> : null}
          </>
        )}
        <ComposerFoot
          note={note}
          shut={shut}
          editing={editing}
          channelName={channelName}
          abilities={abilities}
          window={bar && bar !== "window" ? { state: "none" } : window}
          count={count}
          segments={!note && abilities?.segments && text ? segmentsOf(abilities.choices_in_words ? inWords(text, offer) : text, abilities.segments) : undefined}
          ready={ready}
          onEmoji={insert}
          onFiles={add}
          onTemplate={() => setPicking("template")}
          onOffer={() => setOffer({ ...offer, buttons: [...offer.buttons, newChoice()] })}
          onPay={pay}
          onLocation={() => setPicking("location")}
          onLater={() => setPicking("time")}
          onSend={() => submit()}
        />
      </div>
      {picking === "location" ? (
        <LocationDialog
          onClose={() => setPicking(undefined)}
          onSend={(location) => {
            setPicking(undefined);
            void sendLocation(location);
          }}
        />
      ) : null}
      {picking === "time" ? <TimeDialog title="Send later" act="Send then" onClose={() => setPicking(undefined)} onChoose={(at) => void submitLater(at)} /> : null}
      {picking === "template" ? (
        <TemplateDialog
          integrationId={conversation.integration_id}
          onClose={() => setPicking(undefined)}
          onSend={(template, blanks) => {
            setPicking(undefined);
            void sendTemplate(template, blanks);
          }}
        />
      ) : null}
    </section>
  );
}

/** A placeholder is never longer than its line. */
function brief(name: string): string {
  const letters = [...name];
  return letters.length > 20 ? `${letters.slice(0, 18).join("").trimEnd()}…` : name;
}
