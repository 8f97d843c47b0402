import { useCallback, useEffect, useMemo, useRef } from "react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";

import { conversationList } from "@/api/conversations";
import { members } from "@/api/organization";
import { useSession } from "@/api/session";
import { useMay } from "@/api/may";
import type { Conversation } from "@/api/types";
import { viewFilter } from "@/api/views";
import { useCursor } from "@/lib/facts/cursor";
import { useDensity } from "@/lib/facts/density";
import { useDrafts } from "@/lib/facts/drafts";
import { useOverlay } from "@/lib/facts/overlay";
import { rangeTo, useSelection } from "@/lib/facts/selection";
import { useNarrow } from "@/lib/use-media";
import { useNow } from "@/lib/use-now";
import { act } from "@/live/act";
import { Failed } from "@/ui/states";
import { EmptyList } from "./empty-list";
import { ListSkeleton } from "./list-skeleton";
import { Row } from "./row";
import { SwipeRow } from "./swipe-row";
import { useKeptFocus } from "./use-kept-focus";
import { useListKeys } from "./use-list-keys";

interface ConversationListProps {
  view: string;
  q?: string;
  openId?: string;
}

export function ConversationList({ view, q, openId }: ConversationListProps) {
  const me = useSession((session) => session.user);
  const filter = useMemo(() => viewFilter(view, me?.id, q), [view, me?.id, q]);
  const list = useInfiniteQuery(conversationList(filter));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.data) ?? [], [list.data]);
  const people = useQuery(members());
  const { ticked, toggle, add, clear } = useSelection();
  const { at: cursor, move } = useCursor();
  const drafts = useDrafts((state) => state.drafts);
  const compact = useDensity((state) => state.density === "compact");
  const now = useNow();
  const navigate = useNavigate();
  const client = useQueryClient();
  const show = useOverlay((state) => state.show);
  const swipes = useNarrow();
  const writes = useMay("writeConversations");
  const scroller = useRef<HTMLDivElement>(null);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (compact ? 40 : 60),
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
  });
  useEffect(() => virtual.measure(), [compact, virtual]);
  useEffect(() => clear(), [view, clear]);

  const items = virtual.getVirtualItems();
  const lastShown = items[items.length - 1]?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown >= rows.length - 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastShown, rows.length]);

  const ids = useMemo(() => rows.map((row) => row.id), [rows]);
  const onTick = useCallback(
    (id: string, range: boolean) => (range ? add(rangeTo(ids, useSelection.getState().anchor, id)) : toggle(id)),
    [ids, toggle, add],
  );

  useListKeys({
    ids,
    cursor,
    move: (id, index) => {
      move(id);
      virtual.scrollToIndex(index, { align: "auto" });
      // The row may be rendered only after the scroll.
      requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-conversation="${id}"]`)?.focus({ preventScroll: true }));
    },
    open: (id) => void navigate({ to: "/inbox/$conversationId", params: { conversationId: id }, search: { view, q } }),
    toggle,
    add,
  });
  const focus = useKeptFocus(ids, (gone, next) => {
    // What is open stays what single keys act on.
    if (gone !== openId) move(next);
  });
  function closeOrReopen(conversation: Conversation) {
    const closed = conversation.status === "closed";
    void act(client, [conversation], { status: closed ? "open" : "closed" }, closed ? "reopened" : "closed");
  }

  if (list.isPending) return <ListSkeleton compact={compact} />;
  if (list.isError && rows.length === 0) return <Failed error={list.error} onRetry={() => void list.refetch()} className="flex-1" />;
  if (rows.length === 0) return <EmptyList view={view} q={q} />;

  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1} aria-label="Conversations" role="region">
      <ul className="relative w-full" style={{ height: virtual.getTotalSize() }} {...focus}>
        {items.map((item) => {
          const conversation = rows[item.index];
          if (!conversation) return null;
          const other = conversation.assignee_id && conversation.assignee_id !== me?.id;
          const row = (
            <Row
              conversation={conversation}
              view={view}
              q={q}
              me={me}
              assignee={other ? people.data?.find((one) => one.id === conversation.assignee_id) : undefined}
              draft={drafts[conversation.id]}
              open={conversation.id === openId}
              cursor={conversation.id === cursor}
              ticked={ticked.has(conversation.id)}
              ticking={ticked.size > 0}
              compact={compact}
              now={now}
              onTick={onTick}
            />
          );
          return (
            <li key={item.key} className="absolute inset-x-0 top-0" style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
              {swipes && writes ? (
                <SwipeRow closed={conversation.status === "closed"} onClose={() => closeOrReopen(conversation)} onSnooze={() => show("snooze", [conversation.id])}>
                  {row}
                </SwipeRow>
              ) : (
                row
              )}
            </li>
          );
        })}
      </ul>
      {isFetchingNextPage ? <p className="py-3 text-center text-sm text-muted">Loading more…</p> : null}
    </div>
  );
}
