import { useEffect, useState } from "react";
import { useParams, useSearch } from "@tanstack/react-router";
import { MessagesSquare } from "lucide-react";

import { ConversationActions } from "@/features/actions/conversation-actions";
import { ConversationList } from "@/features/list/conversation-list";
import { SearchField } from "@/features/list/search-field";
import { ViewMenu } from "@/features/views/view-menu";
import { Views } from "@/features/views/views";
import { useCursor } from "@/lib/facts/cursor";
import { useListWidth } from "@/lib/facts/list-width";
import { useNarrow, useWide } from "@/lib/use-media";
import { late } from "@/ui/late";
import { Empty } from "@/ui/states";
import { ConversationPane } from "./conversation-pane";
import { Divider } from "./divider";

const BulkBar = late(() => import("@/features/list/bulk-bar").then((module) => module.BulkBar));
const SearchTabs = late(() => import("./search-tabs").then((module) => module.SearchTabs));
const MessageHits = late(() => import("@/features/list/message-hits").then((module) => module.MessageHits));

// Made of this page's parts: in a file of its own they would all be split for it.
export { Talk } from "./talk";

/** Views, list, thread and contact side by side; on a phone one at a time. */
export function Inbox() {
  const { conversationId } = useParams({ strict: false });
  const { view = "all", q, at } = useSearch({ strict: false });
  const width = useListWidth((state) => state.width);
  const narrow = useNarrow();
  const wide = useWide();
  const [inMessages, setInMessages] = useState(false);
  const moveCursor = useCursor((state) => state.move);
  // Single keys act on what is open, on a narrow screen without its list as well.
  useEffect(() => {
    if (conversationId) moveCursor(conversationId);
  }, [conversationId, moveCursor]);

  return (
    <main className="flex h-full min-h-0">
      {wide ? <Views view={view} /> : null}
      {narrow && conversationId ? null : (
        <section aria-label="Conversation list" className="relative flex min-h-0 shrink-0 flex-col border-r bg-canvas max-md:w-full" style={narrow ? undefined : { width }}>
          <header className="flex flex-col gap-1.5 border-b px-3 py-2">
            {wide ? null : <ViewMenu view={view} />}
            <SearchField view={view} q={q} />
            {q ? <SearchTabs inMessages={inMessages} onChange={setInMessages} /> : null}
          </header>
          <BulkBar />
          {q && inMessages ? <MessageHits q={q} view={view} /> : <ConversationList key={`${view}/${q ?? ""}`} view={view} q={q} openId={conversationId} />}
          {narrow ? null : <Divider />}
        </section>
      )}
      {conversationId ? (
        <ConversationPane key={conversationId} conversationId={conversationId} view={view} at={at} />
      ) : narrow ? null : (
        <section className="min-w-0 flex-1 bg-surface">
          <Empty icon={<MessagesSquare />} text="Choose a conversation, or move with j and k and open with Enter." />
        </section>
      )}
      <ConversationActions />
    </main>
  );
}
