import { useNavigate } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";

import { ThreadSkeleton } from "@/features/thread/thread-skeleton";
import { IconButton } from "@/ui/button";

/** A conversation on its way, in the places that it will have; the way back is there already. */
export function ConversationWaiting({ view }: { view: string }) {
  const navigate = useNavigate();
  return (
    <>
      <div className="flex h-13 shrink-0 items-center gap-2 border-b px-3 max-md:px-2">
        <IconButton label="Back to the list" className="hidden max-md:inline-flex" onClick={() => void navigate({ to: "/inbox", search: { view } })}>
          <ArrowLeft />
        </IconButton>
        <div className="skeleton size-4 rounded-full" />
        <div className="skeleton h-5 w-40" />
      </div>
      <ThreadSkeleton />
      <div aria-hidden="true" className="flex h-35 shrink-0 flex-col gap-4 border-t px-3 py-3">
        <div className="skeleton h-4 w-24" />
        <div className="skeleton h-4 w-1/2" />
        <div className="skeleton mt-auto h-8 w-40 self-end" />
      </div>
    </>
  );
}
