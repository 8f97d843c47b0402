import { useCallback, useEffect, useMemo, useState } from "react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";

import { channels } from "@/api/integrations";
import { messageList } from "@/api/messages";
import { useSession } from "@/api/session";
import type { Conversation } from "@/api/types";
import { inOrder } from "@/live/message-pages";
import { jumpTo, toEnd } from "@/live/jump";
import { useJoined } from "@/live/live";
import { late } from "@/ui/late";
import { Empty, Failed } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { isTile } from "./gallery";
import { MessageScroller } from "./message-scroller";
import { ThreadSkeleton } from "./thread-skeleton";
import { threadRows } from "./rows";
import { useReading } from "./use-reading";

const Viewer = late(() => import("./media/viewer").then((module) => module.Viewer));

interface ThreadProps {
  conversation: Conversation;
  /** A message to go to, from a search. */
  at?: string;
}

/** The messages of one conversation. Keyed by it: what was read when it opened stays fixed while it is shown. */
export function Thread({ conversation, at }: ThreadProps) {
  useJoined(conversation.id);
  const [readSeq] = useState(conversation.unread_count > 0 ? conversation.read_seq : undefined);
  const [first] = useState(50 + Math.min(150, conversation.last_seq - conversation.read_seq));
  const [viewed, setViewed] = useState<string>();
  const [target, setTarget] = useState(at);
  const [asked, setAsked] = useState(at);
  if (asked !== at) {
    setAsked(at);
    setTarget(at);
  }
  const client = useQueryClient();
  const me = useSession((session) => session.user?.id);
  const list = useInfiniteQuery(messageList(conversation.id, first));
  const known = useQuery(channels());
  const abilities = known.data?.find((one) => one.id === conversation.channel)?.abilities;
  const messages = useMemo(() => inOrder(list.data), [list.data]);
  const rows = useMemo(() => threadRows(messages, readSeq), [messages, readSeq]);
  const reading = useReading(conversation, messages);

  const { hasNextPage, isFetchingNextPage, fetchNextPage, hasPreviousPage, isFetchingPreviousPage, fetchPreviousPage } = list;
  const older = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const newer = useCallback(() => {
    if (hasPreviousPage && !isFetchingPreviousPage) void fetchPreviousPage();
  }, [hasPreviousPage, isFetchingPreviousPage, fetchPreviousPage]);
  // A message to go to may lie further back than what is loaded.
  const missing = target !== undefined && messages.length > 0 && !messages.some((message) => message.id === target);
  const { id } = conversation;
  useEffect(() => {
    if (!missing || !target) return;
    jumpTo(client, id, target).catch((error: unknown) => {
      setTarget(undefined);
      toastError(error);
    });
  }, [missing, target, client, id]);

  if (list.isPending) return <ThreadSkeleton />;
  if (list.isError && messages.length === 0) return <Failed error={list.error} onRetry={() => void list.refetch()} className="flex-1" />;
  if (messages.length === 0) return <Empty text="Nothing was said yet." />;
  const pictures = messages.flatMap((message) => (message.deleted_at ? [] : message.attachments)).filter((one) => isTile(one) && one.state === "stored");
  return (
    <>
      <MessageScroller
        rows={rows}
        named={conversation.contact.is_group}
        abilities={abilities}
        me={me}
        target={target}
        onArrive={() => setTarget(undefined)}
        onOlder={older}
        onNewer={newer}
        onEnd={() => toEnd(client, id).catch(toastError)}
        loadingOlder={isFetchingNextPage}
        start={!hasNextPage}
        end={!hasPreviousPage}
        onView={setViewed}
        onOpen={setTarget}
        onReading={(atEnd) => reading(atEnd && !hasPreviousPage)}
      />
      {viewed ? <Viewer pictures={pictures} start={viewed} onClose={() => setViewed(undefined)} /> : null}
    </>
  );
}
