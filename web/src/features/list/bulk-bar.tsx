import { AlarmClock, CircleCheck, Tag, UserPlus, X } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";

import { useOverlay } from "@/lib/facts/overlay";
import { useSelection } from "@/lib/facts/selection";
import { act } from "@/live/act";
import { heldConversation } from "@/live/cache";
import { IconButton } from "@/ui/button";

/** What can be done with all ticked conversations at once. */
export function BulkBar() {
  const { ticked, clear } = useSelection();
  const show = useOverlay((state) => state.show);
  const client = useQueryClient();
  if (ticked.size === 0) return null;

  function close() {
    const all = [...ticked].map((id) => heldConversation(client, id)).filter((one) => one !== undefined);
    clear();
    void act(client, all, { status: "closed" }, "closed");
  }
  const about = [...ticked];
  return (
    <div role="toolbar" aria-label="Selected conversations" className="flex items-center gap-1 border-b bg-accent-quiet on-tint px-3 py-1">
      <span className="flex-1 text-sm font-medium tabular-nums">{ticked.size} selected</span>
      <IconButton label="Assign" keys="a" onClick={() => show("assign", about)}>
        <UserPlus />
      </IconButton>
      <IconButton label="Labels" keys="l" onClick={() => show("label", about)}>
        <Tag />
      </IconButton>
      <IconButton label="Snooze" keys="s" onClick={() => show("snooze", about)}>
        <AlarmClock />
      </IconButton>
      <IconButton label="Close" keys="e" onClick={close}>
        <CircleCheck />
      </IconButton>
      <IconButton label="Clear the selection" onClick={clear}>
        <X />
      </IconButton>
    </div>
  );
}
