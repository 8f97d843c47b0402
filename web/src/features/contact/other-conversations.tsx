import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { contactConversations } from "@/api/contacts";
import { exact, shortAgo } from "@/lib/time";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Lines } from "@/ui/states";
import { Section } from "@/ui/section";

export function OtherConversations({ contactId, except }: { contactId: string; except?: string }) {
  const found = useQuery(contactConversations(contactId));
  const others = (found.data?.data ?? []).filter((one) => one.id !== except);
  return (
    <Section title={except ? "Other conversations" : "Conversations"}>
      {found.isPending ? <Lines rows={2} /> : null}
      {found.data && others.length === 0 ? <p className="text-sm text-muted">None.</p> : null}
      <ul className="-mx-2 flex flex-col">
        {others.map((one) => (
          <li key={one.id}>
            <Link to="/inbox/$conversationId" params={{ conversationId: one.id }} className="flex items-center gap-2 rounded-md px-2 py-1.5 hover:bg-line/50">
              <ChannelGlyph channel={one.channel} />
              <span className="min-w-0 flex-1 truncate">{one.last_message?.text || one.status}</span>
              <span className="text-xs text-muted" title={exact(one.last_message_at)}>
                {one.status === "open" ? "" : `${one.status} · `}
                {shortAgo(one.last_message_at)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
