import { useQueryClient } from "@tanstack/react-query";

import { useMay } from "@/api/may";
import type { Conversation, ConversationsChange } from "@/api/types";
import { useCursor } from "@/lib/facts/cursor";
import { useOverlay } from "@/lib/facts/overlay";
import { useSelection } from "@/lib/facts/selection";
import { useShortcuts } from "@/lib/shortcuts";
import { act } from "@/live/act";
import { heldConversation } from "@/live/cache";
import { changeConversation, changeConversations, markUnread } from "@/live/change-conversation";
import { late } from "@/ui/late";
import { toastError } from "@/ui/toast";

const AssignDialog = late(() => import("./assign-dialog").then((module) => module.AssignDialog));
const LabelDialog = late(() => import("./label-dialog").then((module) => module.LabelDialog));
const SnoozeDialog = late(() => import("./snooze-dialog").then((module) => module.SnoozeDialog));

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

  function change(to: ConversationsChange, said: string) {
    const all = chosen();
    show(undefined);
    if (all.length > 1) clear();
    void act(client, all, to, said);
  }

  function closeOrReopen() {
    const reopen = chosen().every((one) => one.status === "closed");
    change({ status: reopen ? "open" : "closed" }, reopen ? "reopened" : "closed");
  }
  function label(ids: string[], id: string, on: boolean) {
    const [only] = ids;
    const before = only && ids.length === 1 ? heldConversation(client, only) : undefined;
    const work = before
      ? changeConversation(client, before.id, { labels: on ? [...new Set([...before.labels, id])] : before.labels.filter((one) => one !== id) })
      : changeConversations(client, ids, on ? { add_labels: [id] } : { remove_labels: [id] });
    work.catch(toastError);
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
  const ids = conversations.map((one) => one.id);
  const first = conversations[0];
  if (!first) return null;
  const close = () => show(undefined);
  return (
    <>
      {overlay === "assign" ? <AssignDialog conversation={first} onClose={close} onChoose={(to) => change(to, to.assignee_id || to.team_id ? "assigned" : "given back to everybody")} /> : null}
      {overlay === "snooze" ? <SnoozeDialog onClose={close} onChoose={(until) => change({ status: "snoozed", snoozed_until: until }, "snoozed")} /> : null}
      {overlay === "label" ? <LabelDialog conversations={conversations} onClose={close} onChange={(id, on) => label(ids, id, on)} /> : null}
    </>
  );
}
