import { lazy, Suspense } from "react";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";

import { conversation as conversationQuery } from "@/api/conversations";
import { Composer } from "@/features/composer/composer";
import { CardSkeleton } from "@/features/contact/card-skeleton";
import { Thread } from "@/features/thread/thread";
import { ThreadHeader } from "@/features/thread/thread-header";
import { classes } from "@/lib/classes";
import { useContactPanel } from "@/lib/facts/contact-panel";
import { heldConversation } from "@/live/cache";
import { IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Failed } from "@/ui/states";
import { ConversationWaiting } from "./conversation-waiting";
import { queryClient } from "./query-client";

const ContactPanel = late(() => import("./contact-panel").then((module) => module.ContactPanel));

interface ConversationPaneProps {
  conversationId: string;
  view: string;
  at?: string;
}
const Waiting = lazy(() => import("@/features/later/waiting").then((module) => ({ default: module.Waiting })));

/** One conversation with its composer and its contact. What the list knows is shown at once. */
export function ConversationPane({ conversationId, view, at }: ConversationPaneProps) {
  const found = useQuery({ ...conversationQuery(conversationId), placeholderData: () => heldConversation(queryClient, conversationId) });
  const panel = useContactPanel();
  const conversation = found.data;
  if (found.isError && !conversation) {
    return (
      <section className="flex min-w-0 flex-1 bg-surface">
        <Failed error={found.error} onRetry={() => void found.refetch()} className="flex-1" />
      </section>
    );
  }
  return (
    <>
      <section aria-label="Conversation" className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface">
        {conversation ? (
          <>
            <ThreadHeader conversation={conversation} view={view} />
            <Thread conversation={conversation} at={at} />
            <Suspense>
              <Waiting key={conversation.id} conversationId={conversation.id} />
            </Suspense>
            <Composer conversation={conversation} />
          </>
        ) : (
          <ConversationWaiting view={view} />
        )}
      </section>
      {panel.open ? (
        <aside
          aria-label="Contact"
          className={classes("relative min-h-0 w-76 shrink-0 overflow-y-auto border-l bg-canvas", "max-[1179px]:fixed max-[1179px]:inset-y-0 max-[1179px]:right-0 max-[1179px]:z-20 max-[1179px]:shadow-float max-md:w-full")}
        >
          <IconButton label="Fold the contact panel" className="absolute top-2 left-2 z-10 hidden max-[1179px]:inline-flex" onClick={() => panel.toggle(false)}>
            <X />
          </IconButton>
          {conversation ? (
            <ContactPanel fallback={<CardSkeleton />} key={conversation.contact.id} contactId={conversation.contact.id} conversationId={conversation.id} />
          ) : (
            <CardSkeleton />
          )}
        </aside>
      ) : null}
    </>
  );
}
