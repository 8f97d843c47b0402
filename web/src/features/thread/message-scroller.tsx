import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";

import type { Abilities } from "@/api/types";
import { dayName } from "@/lib/time";
import { GalleryRow } from "./gallery-row";
import { MessageRow } from "./message-row";
import { rowOf, type ThreadRow, unfoldTo } from "./rows";

interface MessageScrollerProps {
  rows: ThreadRow[];
  named: boolean;
  abilities?: Abilities;
  me?: string;
  target?: string;
  onArrive: () => void;
  onOlder: () => void;
  onNewer: () => void;
  /** Loads the end of the conversation where it is not loaded. */
  onEnd: () => Promise<void>;
  loadingOlder: boolean;
  /** Whether the first message of all is loaded. */
  start: boolean;
  /** Whether the last message of all is loaded. */
  end: boolean;
  onView: (attachmentId: string) => void;
  onOpen: (messageId: string) => void;
  onReading: (atEnd: boolean) => void;
}

/** About how tall rows are before they are measured, in pixels. */
const heights: Record<ThreadRow["type"], number> = { day: 36, unread: 36, message: 56, gallery: 260 };

/** Renders what is on the screen; keeps the end in view while one is there, and keeps still while older pages arrive. */
export function MessageScroller({ rows, onArrive, onOlder, onNewer, onEnd, onReading, target, ...rest }: MessageScrollerProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [placed, setPlaced] = useState(false);
  const [away, setAway] = useState(false);
  const [highlighted, setHighlighted] = useState<string>();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heights[rows[index]?.type ?? "message"],
    getItemKey: (index) => rows[index]?.key ?? index,
    anchorTo: "end",
    followOnAppend: rest.end,
    scrollEndThreshold: 120,
    overscan: 10,
    paddingStart: 12,
    paddingEnd: 12,
  });

  // Opens at the first unread message, or at the end.
  useLayoutEffect(() => {
    if (placed) return;
    const unread = rows.findIndex((row) => row.type === "unread");
    if (unread >= 0) virtual.scrollToIndex(unread, { align: "start" });
    else virtual.scrollToEnd();
    setPlaced(true);
  }, [placed, rows, virtual]);

  useEffect(() => {
    if (!target) return;
    const index = rowOf(rows, target);
    if (index < 0) return;
    unfoldTo(rows[index], target);
    virtual.scrollToIndex(index, { align: "center" });
    setHighlighted(target);
    onArrive();
  }, [target, rows, virtual, onArrive]);
  useEffect(() => {
    if (!highlighted) return;
    const timer = setTimeout(() => setHighlighted(undefined), 2500);
    return () => clearTimeout(timer);
  }, [highlighted]);

  // Whoever reads the end still sees it when the composer grows, or the window shrinks.
  const stays = useRef(true);
  useEffect(() => {
    stays.current = !away;
  });
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    let height = box.clientHeight;
    const watch = new ResizeObserver(() => {
      const grown = height - box.clientHeight;
      height = box.clientHeight;
      if (grown !== 0 && stays.current) box.scrollTop = box.scrollHeight;
    });
    watch.observe(box);
    return () => watch.disconnect();
  }, []);

  const items = virtual.getVirtualItems();
  const top = items[0]?.index ?? 0;
  const bottom = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (placed && top < 8) onOlder();
  }, [placed, top, onOlder]);
  const { end: whole } = rest;
  useEffect(() => {
    if (placed && !whole && bottom >= rows.length - 8) onNewer();
  }, [placed, whole, bottom, rows.length, onNewer]);
  // Whoever goes to the end arrives there, whatever is loaded and measured on the way.
  const ending = useRef(false);
  useLayoutEffect(() => {
    if (!ending.current || !whole) return;
    virtual.scrollToEnd();
    ending.current = !virtual.isAtEnd(120);
  });
  function goToEnd() {
    ending.current = !whole;
    void onEnd().then(() => virtual.scrollToEnd({ behavior: whole ? "smooth" : "auto" }));
  }
  function look() {
    const end = whole && virtual.isAtEnd(120);
    setAway(!end);
    onReading(end);
  }
  useEffect(look);

  return (
    <div className="relative min-h-0 flex-1">
      <div ref={scroller} onScroll={look} className="h-full overflow-x-hidden overflow-y-auto [overflow-anchor:none]" role="log" aria-label="Messages" aria-live="off" tabIndex={0}>
        <div className="relative mx-auto w-full max-w-4xl" style={{ height: virtual.getTotalSize() }}>
          {rest.start ? null : <p className="absolute inset-x-0 top-0 text-center text-xs text-muted">{rest.loadingOlder ? "Loading older messages…" : ""}</p>}
          {/* Below each other as they are, not each at its reckoned place: before they are measured they would cover one another. */}
          <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map((item) => {
              const row = rows[item.index];
              return row ? (
                <div key={item.key} data-index={item.index} ref={virtual.measureElement} className="flow-root">
                  <Row row={row} highlighted={highlighted} {...rest} />
                </div>
              ) : null;
            })}
          </div>
        </div>
      </div>
      {away ? (
        <button
          type="button"
          aria-label="Go to the newest message"
          onClick={goToEnd}
          className="absolute bottom-3 left-1/2 flex size-9 animate-appear items-center justify-center rounded-full border bg-raised shadow-float hover:bg-sunken"
        >
          <ArrowDown className="size-4" />
        </button>
      ) : null}
    </div>
  );
}

type RowProps = Pick<MessageScrollerProps, "named" | "abilities" | "me" | "onView" | "onOpen"> & { row: ThreadRow; highlighted?: string };

function Row({ row, highlighted, named, abilities, me, onView, onOpen }: RowProps) {
  if (row.type === "day") {
    return (
      <h3 className="flex items-center gap-3 px-4 pt-4 pb-1 text-xs font-medium text-muted">
        <span className="h-px flex-1 bg-line" />
        {dayName(row.at)}
        <span className="h-px flex-1 bg-line" />
      </h3>
    );
  }
  if (row.type === "unread") {
    return (
      <p className="flex items-center gap-3 px-4 pt-3 pb-1 text-xs font-medium text-accent-text">
        <span className="h-px flex-1 bg-accent/50" />
        New since you were away
        <span className="h-px flex-1 bg-accent/50" />
      </p>
    );
  }
  const { first, last } = row;
  if (row.type === "gallery") {
    const { messages } = row;
    const lit = messages.some((message) => message.id === highlighted) ? highlighted : undefined;
    return <GalleryRow messages={messages} first={first} last={last} named={named} abilities={abilities} me={me} highlighted={lit} onView={onView} onOpen={onOpen} />;
  }
  const { message } = row;
  return (
    <MessageRow message={message} first={first} last={last} named={named} abilities={abilities} me={me} highlighted={highlighted === message.id} onView={onView} onOpen={onOpen} />
  );
}
