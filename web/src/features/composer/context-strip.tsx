import type { ReactNode } from "react";
import { Pencil, Reply, X } from "lucide-react";

import { sentenceCase, unmarked } from "@/lib/text";
import type { HeldMessage } from "@/live/message-pages";
import { IconButton } from "@/ui/button";

interface ContextStripProps {
  message: HeldMessage;
  editing: boolean;
  onDrop: () => void;
}

/** The message that is being answered or edited, above the text. */
export function ContextStrip({ message, editing, onDrop }: ContextStripProps): ReactNode {
  return (
    <div className="flex items-center gap-2 border-b border-line/70 px-3 py-1.5">
      {editing ? <Pencil className="size-4 shrink-0 text-muted" aria-hidden="true" /> : <Reply className="size-4 shrink-0 text-muted" aria-hidden="true" />}
      <p className="min-w-0 flex-1 truncate text-sm">
        <span className="font-medium">{editing ? "Editing your message" : (message.sender.name ?? "Customer")}</span>{" "}
        <span className="text-muted">{unmarked(message.text) || sentenceCase(message.kind)}</span>
      </p>
      <IconButton small label={editing ? "Stop editing" : "Do not quote"} onClick={onDrop}>
        <X />
      </IconButton>
    </div>
  );
}
