import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { conversation as conversationQuery } from "@/api/conversations";
import { Composer } from "@/features/composer/composer";
import { Thread } from "@/features/thread/thread";
import { Button } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { Failed, Lines } from "@/ui/states";

/** A conversation beside something else: read and answered, without its contact. */
export function Talk({ conversationId }: { conversationId: string }) {
  const found = useQuery(conversationQuery(conversationId));
  return (
    <section aria-label="Conversation" className="flex min-h-0 w-105 shrink-0 flex-col border-l bg-surface max-md:hidden">
      {found.isError ? <Failed error={found.error} className="flex-1" /> : null}
      {found.isPending ? <Lines rows={6} className="p-4" /> : null}
      {found.data ? (
        <>
          <header className="flex h-13 shrink-0 items-center gap-2 border-b px-4">
            <ChannelGlyph channel={found.data.channel} />
            <h2 className="min-w-0 flex-1 truncate font-semibold">{found.data.contact.name || "Unnamed"}</h2>
            <Button small asChild look="quiet">
              <Link to="/inbox/$conversationId" params={{ conversationId }}>
                Open in the inbox
              </Link>
            </Button>
          </header>
          <Thread conversation={found.data} />
          <Composer conversation={found.data} />
        </>
      ) : null}
    </section>
  );
}
