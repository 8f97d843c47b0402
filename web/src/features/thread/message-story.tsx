import { whyNot } from "@/api/refusals";
import type { HeldMessage } from "@/live/message-pages";
import { Ago } from "@/ui/ago";
import { Dialog } from "@/ui/dialog";
import { statusWords } from "./status-glyph";

/** Each station of a message, and why it failed where it did. */
export function MessageStory({ message, onClose }: { message: HeldMessage; onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title="What happened to this message">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        <dt className="text-muted">{message.direction === "inbound" ? "Written" : "Created"}</dt>
        <dd className="tabular-nums"><Ago at={message.sent_at} /></dd>
        {message.direction === "inbound" ? (
          <>
            <dt className="text-muted">Received</dt>
            <dd className="tabular-nums"><Ago at={message.created_at} /></dd>
          </>
        ) : null}
        {message.status_history.map(({ status, at }, index) => (
          <div key={index} className="contents">
            <dt className="text-muted">{statusWords(status)}</dt>
            <dd className="tabular-nums"><Ago at={at} /></dd>
          </div>
        ))}
        {message.edited_at ? (
          <>
            <dt className="text-muted">Edited</dt>
            <dd className="tabular-nums"><Ago at={message.edited_at} /></dd>
          </>
        ) : null}
        <dt className="text-muted">By</dt>
        <dd>{message.sender.name ?? message.sender.kind}</dd>
        {message.external_id ? (
          <>
            <dt className="text-muted">Platform’s id</dt>
            <dd className="font-mono text-xs break-all">{message.external_id}</dd>
          </>
        ) : null}
      </dl>
      {message.error ? (
        <p className="mt-4 rounded-md bg-negative-quiet px-3 py-2 text-sm text-negative-text">
          {whyNot(message.error)}
        </p>
      ) : null}
    </Dialog>
  );
}
