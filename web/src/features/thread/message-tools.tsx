import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Copy, Info, MoreHorizontal, Pencil, Reply, SmilePlus, Trash2 } from "lucide-react";

import { deleteMessage, react } from "@/api/messages";
import { useMay } from "@/api/may";
import { useComposerMode } from "@/lib/facts/composer-mode";
import { holdMessage } from "@/live/cache";
import { IconButton } from "@/ui/button";
import { late } from "@/ui/late";
import { Menu, MenuItem } from "@/ui/menu";
import { Popover } from "@/ui/popover";
import { toast, toastError } from "@/ui/toast";
import type { MessageRowProps } from "./message-row";
import { within } from "./within";

const Confirm = late(() => import("@/ui/confirm").then((module) => module.Confirm));
const EmojiGrid = late(() => import("@/ui/emoji-grid").then((module) => module.EmojiGrid));
const MessageStory = late(() => import("./message-story").then((module) => module.MessageStory));

/** What can be done with one message; appears on hover and focus. */
export function MessageTools({ message, abilities, me }: Pick<MessageRowProps, "message" | "abilities" | "me">) {
  const client = useQueryClient();
  const set = useComposerMode((state) => state.set);
  const writes = useMay("writeConversations");
  const [open, setOpen] = useState<"react" | "menu" | "story" | "delete">();
  const note = message.direction === "internal";
  const own = message.sender.kind === "member" && (note ? message.sender.id === me : message.direction === "outbound");
  const reachable = note || message.external_id !== null;
  const emoji = abilities?.reactions ?? "none";
  const conversationId = message.conversation_id;

  async function remove() {
    setOpen(undefined);
    try {
      holdMessage(client, await deleteMessage(message.id));
    } catch (error) {
      toastError(error);
    }
  }
  async function reactWith(one: string) {
    setOpen(undefined);
    const mine = message.reactions.some((reaction) => reaction.by !== "contact" && reaction.emoji === one);
    try {
      holdMessage(client, await react(message.id, mine ? "" : one));
    } catch (error) {
      toastError(error);
    }
  }
  if (message.local || message.deleted_at) return null;
  const edits = own && writes && reachable && message.text !== "" && (note || within(message.sent_at, abilities?.edit_seconds));
  const deletes = own && writes && (note || within(message.sent_at, abilities?.delete_seconds));
  return (
    <div
      data-open={open ? "" : undefined}
      className="pointer-events-none flex items-center rounded-md border bg-raised opacity-0 shadow-sm group-focus-within/message:pointer-events-auto group-hover/message:pointer-events-auto data-open:pointer-events-auto group-focus-within/message:opacity-100 group-hover/message:opacity-100 data-open:opacity-100 max-md:hidden max-md:group-focus-within/message:flex"
    >
      {writes && !note && abilities?.reply ? (
        <IconButton small label="Reply" onClick={() => set(conversationId, { note: false, replyTo: message.id, editing: undefined })}>
          <Reply />
        </IconButton>
      ) : null}
      {writes && !note && reachable && emoji !== "none" ? (
        <Popover
          label="React"
          open={open === "react"}
          onOpenChange={(next) => setOpen(next ? "react" : undefined)}
          trigger={
            <IconButton small label="React">
              <SmilePlus />
            </IconButton>
          }
        >
          <EmojiGrid fallback={<div className="h-66 w-72" />} only={typeof emoji === "object" ? emoji.listed : undefined} onPick={(one) => void reactWith(one)} />
        </Popover>
      ) : null}
      <Menu
        open={open === "menu"}
        onOpenChange={(next) => setOpen((now) => (next ? "menu" : now === "menu" ? undefined : now))}
        trigger={
          <IconButton small label="More about this message">
            <MoreHorizontal />
          </IconButton>
        }
      >
        <MenuItem icon={<Copy />} disabled={!message.text} onSelect={() => void navigator.clipboard.writeText(message.text).then(() => toast("Copied."))}>
          Copy text
        </MenuItem>
        {edits ? (
          <MenuItem icon={<Pencil />} onSelect={() => set(conversationId, { note, editing: message.id, replyTo: undefined })}>
            Edit
          </MenuItem>
        ) : null}
        <MenuItem icon={<Info />} onSelect={() => setOpen("story")}>
          What happened to it
        </MenuItem>
        {deletes ? (
          <MenuItem icon={<Trash2 />} danger onSelect={() => setOpen("delete")}>
            Delete
          </MenuItem>
        ) : null}
      </Menu>
      {open === "story" ? <MessageStory message={message} onClose={() => setOpen(undefined)} /> : null}
      {open === "delete" ? (
        <Confirm
          open
          title={note ? "Delete this note?" : "Delete this message for everybody?"}
          text={note ? "Your team no longer sees it." : "The customer no longer sees it. They may have read it already."}
          act="Delete"
          onClose={() => setOpen(undefined)}
          onConfirm={() => void remove()}
        />
      ) : null}
    </div>
  );
}
