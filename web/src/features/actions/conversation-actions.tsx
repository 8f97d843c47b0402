import { useQueryClient } from "@tanstack/react-query";

import { useMay } from "@/api/may";
import type { Conversation, ConversationChange } from "@/api/types";
import { useCursor } from "@/lib/facts/cursor";
import { useOverlay } from "@/lib/facts/overlay";
import { useSelection } from "@/lib/facts/selection";
import { useShortcuts } from "@/lib/shortcuts";
import { count } from "@/lib/text";
import { heldConversation } from "@/live/cache";
import { changeConversation, markUnread } from "@/live/change-conversation";
import { toast, toastError } from "@/ui/toast";
import { AssignDialog } from "./assign-dialog";
import { LabelDialog } from "./label-dialog";
import { SnoozeDialog } from "./snooze-dialog";

/** What keys and toolbars do to conversations: those named, else those ticked, else the one under the cursor. */
export function ConversationActions() {
  const client = useQueryClient();
  const { overlay, about, show } = useOverlay();
  const { ticked, clear } = useSelection();
  const cursor = useCursor((state) => state.at);
  const writes = useMay("writeConversations");

  function chosen(): Conversation[] {
    const ids = about ?? (ticked.size ? [...ticked] : cursor ? [cursor] : []);
    return ids.map((id) => heldConversation(client, id)).filter((one) => one !== undefined);
  }

  async function change(of: (conversation: Conversation) => ConversationChange, said?: string) {
    const all = chosen();
    show(undefined);
    clear();
    try {
      await Promise.all(all.map((one) => changeConversation(client, one.id, of(one))));
      if (said) toast(all.length > 1 ? `${count(all.length, "conversation")} ${said}.` : `Conversation ${said}.`);
    } catch (error) {
      toastError(error);
    }
  }

  function closeOrReopen() {
    const reopen = chosen().every((one) => one.status === "closed");
    void change(() => ({ status: reopen ? "open" : "closed" }), reopen ? "reopened" : "closed");
  }

  async function unread() {
    const all = chosen();
    clear();
    await Promise.all(all.map((one) => markUnread(client, one))).catch(toastError);
  }

  useShortcuts(
    {
      e: closeOrReopen,
      u: () => void unread(),
      a: () => show("assign"),
      s: () => show("snooze"),
      l: () => show("label"),
    },
    writes,
  );

  if (!overlay || overlay === "palette" || overlay === "shortcuts") return null;
  const conversations = chosen();
  const first = conversations[0];
  if (!first) return null;
  const close = () => show(undefined);
  if (overlay === "assign") return <AssignDialog conversation={first} onClose={close} onChoose={(to) => void change(() => to)} />;
  if (overlay === "snooze") {
    return <SnoozeDialog onClose={close} onChoose={(until) => void change(() => ({ status: "snoozed", snoozed_until: until }), "snoozed")} />;
  }
  return <LabelDialog conversations={conversations} onClose={close} onChange={(id, labels) => void changeConversation(client, id, { labels }).catch(toastError)} />;
}
