import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { StickyNote } from "lucide-react";

import { contactConversations, contactTimeline } from "@/api/contacts";
import type { Channel, Message } from "@/api/types";
import { unmarked } from "@/lib/text";
import { dayKey, dayName, exact, shortAgo } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { Button } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Fault, Lines } from "@/ui/states";
import { Section } from "@/ui/section";

/** What was said with somebody on all channels, one line per message; each leads to its place in the conversation. */
export function Timeline({ contactId, names }: { contactId: string; names?: Channel[] }) {
  const conversations = useQuery(contactConversations(contactId));
  const several = (conversations.data?.data.length ?? 0) > 1;
  const found = useInfiniteQuery({ ...contactTimeline(contactId), enabled: several });
  const now = useNow();

  const channelOf = new Map(conversations.data?.data.map((one) => [one.id, one.channel]));
  const rows = found.data?.pages.flatMap((page) => page.data) ?? [];
  const nameOf = (channel?: string) => names?.find((one) => one.id === channel)?.name ?? channel ?? "";
  // One conversation is its own timeline.
  if (!several) return null;
  return (
    <Section title="Timeline">
      {found.isPending ? <Lines rows={4} /> : null}
      <Fault error={found.error} />
      {found.data && rows.length === 0 ? <p className="text-sm text-muted">Nothing was said yet.</p> : null}
      <ol className="-mx-2 flex flex-col empty:hidden" aria-label="Timeline">
        {rows.map((message, index) => {
          const before = rows[index - 1];
          const channel = channelOf.get(message.conversation_id);
          return (
            <li key={message.id}>
              {before && dayKey(before.sent_at) === dayKey(message.sent_at) ? null : <p className="px-2 pt-2 pb-0.5 text-xs font-medium text-muted">{dayName(message.sent_at, now)}</p>}
              <Link
                to="/inbox/$conversationId"
                params={{ conversationId: message.conversation_id }}
                search={{ at: message.id }}
                aria-label={`${who(message)} on ${nameOf(channel)}: ${what(message)}`}
                className="flex items-start gap-2 rounded-md px-2 py-1 hover:bg-line/50"
              >
                <span className="flex h-5 items-center">{message.direction === "internal" ? <StickyNote className="size-4 text-warning" aria-hidden="true" /> : channel ? <ChannelGlyph channel={channel} /> : null}</span>
                <span dir="auto" className="line-clamp-2 min-w-0 flex-1 text-sm [overflow-wrap:anywhere]">
                  <span className="text-muted">{who(message)}: </span>
                  {what(message)}
                </span>
                <time dateTime={message.sent_at} title={exact(message.sent_at)} className="shrink-0 text-xs leading-5 text-muted tabular-nums">
                  {shortAgo(message.sent_at, now)}
                </time>
              </Link>
            </li>
          );
        })}
      </ol>
      {found.hasNextPage ? (
        <Button small className="mt-2" busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          Older
        </Button>
      ) : null}
    </Section>
  );
}

function who({ direction, sender }: Message): string {
  if (direction === "internal") return `Note by ${sender.name ?? "a member"}`;
  return sender.name ?? (direction === "outbound" ? "Your team" : "Customer");
}

function what({ text, kind, direction, attachments, deleted_at: deleted }: Message): string {
  if (deleted) return "deleted";
  if (text) return direction === "inbound" ? text : unmarked(text);
  return attachments[0]?.file_name ?? kind;
}
