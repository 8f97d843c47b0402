import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { messageSearch } from "@/api/messages";
import { exact, shortAgo } from "@/lib/time";
import { Failed, Lines } from "@/ui/states";

/** Messages that fit a search, each with the way to where it was said. */
export function MessageHits({ q, view }: { q: string; view: string }) {
  const found = useInfiniteQuery(messageSearch(q));
  const hits = found.data?.pages.flatMap((page) => page.data) ?? [];
  if (found.isPending) return <Lines rows={6} className="p-4" />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (hits.length === 0) return <p className="p-6 text-center text-muted">No message fits “{q}”.</p>;
  return (
    <ul className="min-h-0 flex-1 overflow-y-auto">
      {hits.map((hit) => (
        <li key={hit.id} className="border-b border-line/70">
          <Link
            to="/inbox/$conversationId"
            params={{ conversationId: hit.conversation_id }}
            search={{ view, q, at: hit.id }}
            className="flex flex-col gap-0.5 px-3 py-2 hover:bg-line/40"
          >
            <span className="flex justify-between gap-2 text-sm">
              <span className="truncate font-medium">{hit.sender.name ?? (hit.direction === "inbound" ? "Customer" : "You")}</span>
              <time dateTime={hit.sent_at} title={exact(hit.sent_at)} className="shrink-0 text-xs text-muted">
                {shortAgo(hit.sent_at)}
              </time>
            </span>
            <span className="line-clamp-2 text-sm text-muted">{hit.text || hit.kind}</span>
          </Link>
        </li>
      ))}
      {found.hasNextPage ? (
        <li className="p-3 text-center">
          <button type="button" className="text-accent-text underline underline-offset-2" onClick={() => void found.fetchNextPage()}>
            More
          </button>
        </li>
      ) : null}
    </ul>
  );
}
