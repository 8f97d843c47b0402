import { useViewers } from "@/live/viewers";
import { Avatar } from "@/ui/avatar";
import { Tip } from "@/ui/tooltip";

const none: never[] = [];

/** Who else has this conversation open. */
export function LiveViewers({ conversationId }: { conversationId: string }) {
  const viewers = useViewers((state) => state.viewers[conversationId] ?? none);
  if (viewers.length === 0) return null;
  return (
    <span className="flex -space-x-1.5 px-1">
      {viewers.slice(0, 4).map((viewer) => (
        <Tip key={viewer.user_id} text={`${viewer.name} is looking at this`}>
          <span tabIndex={0} role="img" aria-label={`${viewer.name} is looking at this`} className="rounded-full ring-2 ring-surface">
            <Avatar name={viewer.name} seed={viewer.user_id} size="sm" />
          </span>
        </Tip>
      ))}
    </span>
  );
}
