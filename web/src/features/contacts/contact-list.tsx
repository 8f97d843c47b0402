import { useEffect, useMemo, useRef } from "react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Users } from "lucide-react";

import { contactList } from "@/api/contacts";
import { channels as channelList } from "@/api/integrations";
import { knownAs } from "@/api/known-as";
import type { Contact } from "@/api/types";
import { classes } from "@/lib/classes";
import { useShortcuts } from "@/lib/shortcuts";
import { Avatar } from "@/ui/avatar";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Chip } from "@/ui/chip";
import { Rows } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";

/** All contacts, or those that fit a search, as one long list. */
export function ContactList({ q, openId }: { q: string; openId?: string }) {
  const list = useInfiniteQuery(contactList(q));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data]);
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => 56, getItemKey: (index) => rows[index]?.id ?? index, overscan: 8 });
  const items = virtual.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length]);

  function step(by: number) {
    const index = rows.findIndex((row) => row.id === openId) + by;
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) void navigate({ to: "/contacts/$contactId", params: { contactId: row.id }, search: { q: q || undefined } });
  }
  useShortcuts({ j: () => step(1), k: () => step(-1) });

  if (list.isPending) return <Rows label="Loading contacts" rows={14} face />;
  if (list.isError && rows.length === 0) return <Failed error={list.error} onRetry={() => void list.refetch()} className="flex-1" />;
  if (rows.length === 0) return <Empty icon={<Users />} text={q ? `No contact fits “${q}”.` : "Contacts appear here when they write."} />;
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto" role="region" aria-label="Contacts" tabIndex={-1}>
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const contact = rows[item.index];
          return contact ? (
            <li key={item.key} className="absolute inset-x-0 top-0" style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
              <ContactRow contact={contact} open={contact.id === openId} q={q} />
            </li>
          ) : null;
        })}
      </ul>
    </div>
  );
}

function ContactRow({ contact, open, q }: { contact: Contact; open: boolean; q: string }) {
  const names = useQuery(channelList()).data;
  const channels = [...new Set(contact.identities.map((identity) => identity.channel))];
  return (
    <Link
      to="/contacts/$contactId"
      params={{ contactId: contact.id }}
      search={{ q: q || undefined }}
      aria-current={open ? "true" : undefined}
      className={classes("flex h-full items-center gap-3 border-b border-line/70 px-4", open ? "bg-accent-quiet on-tint" : "hover:bg-line/40")}
    >
      <Avatar name={contact.name} seed={contact.id} />
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate font-medium">{contact.name || "Unnamed"}</span>
        <span className="truncate text-sm text-muted">{knownAs(contact, names)}</span>
      </span>
      {contact.blocked ? <Chip tone="negative">Blocked</Chip> : null}
      <span className="flex gap-1">
        {channels.map((channel) => (
          <ChannelGlyph key={channel} channel={channel} />
        ))}
      </span>
    </Link>
  );
}
