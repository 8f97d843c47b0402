import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CornerDownRight, Hash, SendHorizontal } from "lucide-react";

import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Input, Select } from "@/ui/field";
import { Empty, Failed, Lines } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { room, sayInRoom } from "./calls";
import { threadsOf, words, type RoomThread } from "./room-words";
import type { RoomMessage } from "./types";

/** The business's own channel in Slack: be a colleague who answers from there. */
export function Room({ account }: { account: string }) {
  const key = ["room", account];
  const client = useQueryClient();
  // The played Slack does not tell when the hub has posted.
  const found = useQuery({ queryKey: key, queryFn: () => room(account), refetchInterval: 1000 });
  const [chosen, setChosen] = useState<string>();
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <Lines rows={6} />;
  const { name, people, data } = found.data;
  const who = chosen ?? people[0] ?? "";
  const threads = threadsOf(data);

  async function say(text: string, thread?: string) {
    await sayInRoom({ account, name: who, thread, text }).catch(toastError);
    void client.invalidateQueries({ queryKey: key });
  }
  return (
    <section aria-label={`The channel ${name}`} className="flex h-full max-h-[780px] w-full max-w-2xl flex-col overflow-hidden rounded-lg border bg-surface shadow-float max-md:h-[640px]">
      <header className="flex flex-wrap items-center gap-2 border-b px-4 py-2.5">
        <Hash className="size-4 text-muted" aria-hidden="true" />
        <h2 className="flex-1 font-semibold">{name.replace("#", "")}</h2>
        <label className="flex items-center gap-2 text-sm whitespace-nowrap text-muted">
          You are
          <Select aria-label="Colleague" value={who} onChange={(event) => setChosen(event.target.value)} className="h-8">
            {people.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
        </label>
      </header>
      <div role="log" aria-label="Channel" tabIndex={0} className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-4">
        {threads.length === 0 ? <Empty text="Nobody follows conversations here yet. Choose this channel in the settings of the Slack account, under “Follow conversations here”." /> : null}
        {threads.map((thread) => (
          <Thread key={thread.root.id} thread={thread} onSay={(text) => void say(text, thread.root.id)} />
        ))}
      </div>
    </section>
  );
}

function Thread({ thread, onSay }: { thread: RoomThread; onSay: (text: string) => void }) {
  const [text, setText] = useState("");
  return (
    <article aria-label={words(thread.root.text)} className="rounded-md border">
      <Line message={thread.root} />
      <div className="border-t bg-canvas pb-2 pl-6">
        {thread.replies.map((message) => (
          <Line key={message.id} message={message} />
        ))}
        <form
          className="mt-1 flex items-center gap-2 px-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) onSay(text.trim());
            setText("");
          }}
        >
          <CornerDownRight className="size-4 shrink-0 text-muted" aria-hidden="true" />
          <Input aria-label="Reply in the thread" placeholder="Reply; // begins a note" value={text} onChange={(event) => setText(event.target.value)} />
          <Button type="submit" className="h-9" disabled={!text.trim()} aria-label="Send the reply">
            <SendHorizontal />
          </Button>
        </form>
      </div>
    </article>
  );
}

function Line({ message }: { message: RoomMessage }) {
  const name = message.name ?? "Switchboard";
  return (
    <div className="flex gap-2.5 px-3 py-2">
      <Avatar name={name} seed={name} size="sm" />
      <div className="min-w-0 flex-1">
        <p className="text-sm font-medium">{name}</p>
        <p className="[overflow-wrap:anywhere] whitespace-pre-wrap">{words(message.text)}</p>
      </div>
    </div>
  );
}
