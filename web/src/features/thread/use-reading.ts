import { useCallback, useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { useMay } from "@/api/may";
import type { Conversation } from "@/api/types";
import { readUpTo } from "@/live/change-conversation";
import type { HeldMessage } from "@/live/message-pages";

/** Marks the conversation as read once its end was on a screen that somebody looks at. Returns what tells of the end. */
export function useReading(conversation: Conversation, messages: HeldMessage[]): (atEnd: boolean) => void {
  const client = useQueryClient();
  const [atEnd, setAtEnd] = useState(false);
  const looked = useLooked();
  const may = useMay("writeConversations");
  const last = messages.findLast((message) => !message.local)?.seq ?? 0;
  // What was marked unread by hand stays so until somebody says something new or it is opened again. The hub's own lines say nothing.
  const said = messages.findLast((message) => !message.local && message.kind !== "system")?.seq ?? 0;
  const [marked, setMarked] = useState(0);
  const due = may && atEnd && looked && conversation.unread_count > 0 && said > marked;
  const { id } = conversation;

  // A ref, so that a customer who writes fast does not put the mark off for ever.
  const newest = useRef(last);
  useEffect(() => {
    newest.current = last;
  });
  useEffect(() => {
    if (!due) return;
    const timer = setTimeout(() => {
      const seq = newest.current;
      setMarked(seq);
      readUpTo(client, id, seq).catch(() => setMarked(0));
    }, 400);
    return () => clearTimeout(timer);
  }, [due, client, id]);
  return useCallback((end: boolean) => setAtEnd(end), []);
}

function useLooked(): boolean {
  const [looked, setLooked] = useState(() => document.visibilityState === "visible");
  useEffect(() => {
    const look = () => setLooked(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return looked;
}
