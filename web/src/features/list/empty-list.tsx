import { Link } from "@tanstack/react-router";
import { Inbox, SearchX } from "lucide-react";

import { useMay } from "@/api/may";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/states";

const sentences: Record<string, string> = {
  mine: "Nothing is assigned to you.",
  unassigned: "Everything has somebody who looks after it.",
  unread: "You have read everything.",
  mentions: "Nobody has mentioned you in a note yet.",
  snoozed: "Nothing is asleep.",
  closed: "Nothing was closed yet.",
};

/** An empty list says why, and offers the one thing that helps. */
export function EmptyList({ view, q }: { view: string; q?: string }) {
  const connects = useMay("writeIntegrations");
  if (q) {
    return (
      <Empty icon={<SearchX />} text={`No conversation fits “${q}”.`}>
        <Button asChild>
          <Link to="/inbox" search={{ view }}>
            Clear the search
          </Link>
        </Button>
      </Empty>
    );
  }
  if (view === "all" && connects) {
    return (
      <Empty icon={<Inbox />} text="No open conversations. When a customer writes on a connected channel, it appears here.">
        <Button asChild>
          <Link to="/settings/$page" params={{ page: "integrations" }}>
            Connect a channel
          </Link>
        </Button>
      </Empty>
    );
  }
  return (
    <Empty icon={<Inbox />} text={sentences[view] ?? "No conversations here."}>
      {view === "all" ? null : (
        <Button asChild>
          <Link to="/inbox" search={{ view: "all" }}>
            See all open ones
          </Link>
        </Button>
      )}
    </Empty>
  );
}
