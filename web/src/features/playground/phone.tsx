import { useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { Avatar } from "@/ui/avatar";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Failed } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { perform, sendFile } from "./calls";
import { CallPad } from "./call-pad";
import { ChatBubble } from "./chat-bubble";
import { PhoneInput } from "./phone-input";
import { PhoneMenu } from "./phone-menu";
import type { Act, Seat } from "./types";
import { chatKey, useChat } from "./use-chat";

/** The customer's phone with one chat open. */
export function Phone({ seat, name }: { seat: Seat; name: string }) {
  const { messages, typing } = useChat(seat);
  const client = useQueryClient();
  const [replyTo, setReplyTo] = useState<string>();
  const [editing, setEditing] = useState<string>();
  const end = useRef<HTMLDivElement>(null);
  const all = messages.data ?? [];
  const calls = seat.channel === "voice";
  const unread = all.some((message) => !message.from_customer && message.status !== "read");

  useEffect(() => {
    // Newer browsers answer with a promise, which an effect must not return.
    void end.current?.scrollIntoView({ block: "end" });
  }, [all.length, typing]);

  async function run(work: Promise<void>) {
    await work.catch(toastError);
    void client.invalidateQueries({ queryKey: chatKey(seat) });
  }
  const act = (what: Act) => void run(perform(seat, what));

  return (
    <section aria-label={`${seat.customer.name}’s phone`} className="flex h-full max-h-[780px] w-full max-w-[390px] max-md:h-[640px] flex-col overflow-hidden rounded-[36px] border-8 border-[#1e293b] bg-surface shadow-float">
      <header className="flex items-center gap-2.5 border-b px-4 pt-4 pb-2.5">
        <Avatar name={name} seed={seat.account} mark={<ChannelGlyph channel={seat.channel} ring />} />
        <div className="min-w-0 flex-1">
          <p className="truncate font-semibold">{name}</p>
          <p className="h-4 text-xs text-muted" role="status">
            {typing ? "typing…" : `you are ${seat.customer.name}`}
          </p>
        </div>
        {unread ? (
          <button type="button" className="rounded-md px-2 py-1 text-sm font-medium text-accent-text hover:bg-accent-quiet" onClick={() => act({ type: "read" })}>
            Mark read
          </button>
        ) : null}
        {calls ? null : <PhoneMenu onAct={act} optsOut={seat.channel === "sms"} />}
      </header>
      <div className="flex min-h-0 flex-1 flex-col gap-1.5 overflow-y-auto bg-sunken px-3 py-3" role="log" aria-label="Chat" tabIndex={0}>
        {messages.isError ? <Failed error={messages.error} onRetry={() => void messages.refetch()} /> : null}
        {messages.data && all.length === 0 ? <p className="m-auto max-w-52 text-center text-muted">{calls ? "Call. It rings in the inbox at once." : "Say hello. It appears in the inbox at once."}</p> : null}
        {all.map((message) => (
          <ChatBubble
            key={message.id}
            message={message}
            quoted={all.find((other) => other.id === message.reply_to)}
            onReply={() => setReplyTo(message.id)}
            onEdit={() => setEditing(message.id)}
            onAct={act}
          />
        ))}
        <div ref={end} />
      </div>
      {calls ? <CallPad calls={all} onAct={act} /> : null}
      {calls ? null : <PhoneInput
        key={editing ?? "new"}
        quoted={all.find((message) => message.id === replyTo)}
        edited={all.find((message) => message.id === editing)}
        onDrop={() => {
          setReplyTo(undefined);
          setEditing(undefined);
        }}
        onText={(text) => {
          act(editing ? { type: "edit", message: editing, text } : { type: "text", text, reply_to: replyTo });
          setReplyTo(undefined);
          setEditing(undefined);
        }}
        onFile={(file, kind, caption) => void run(sendFile(seat, file, kind, caption))}
      />}
    </section>
  );
}
