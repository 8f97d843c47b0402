import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { useMay } from "@/api/may";
import type { Remedy } from "@/api/refusals";
import { useComposerMode } from "@/lib/facts/composer-mode";
import { useContactPanel } from "@/lib/facts/contact-panel";
import { draftKey, useDrafts } from "@/lib/facts/drafts";
import { heldConversation } from "@/live/cache";
import type { HeldMessage } from "@/live/message-pages";

interface RemediesProps {
  message: HeldMessage;
  remedies: Remedy[];
  busy: boolean;
  onAgain: () => void;
}

const look = "font-medium underline underline-offset-2";

/** What can be pressed beside a message that failed, as far as the reader may. */
export function Remedies({ message, remedies, busy, onAgain }: RemediesProps) {
  const client = useQueryClient();
  const writes = useMay("writeConversations");
  const reads = useMay("readIntegrations");
  const { set, pick } = useComposerMode.getState();
  const id = message.conversation_id;
  const account = heldConversation(client, id)?.integration_id;

  /** The words go back into the composer, below what is being written there. */
  function edit() {
    const { drafts, write } = useDrafts.getState();
    const key = draftKey(id, "reply");
    write(key, [drafts[key]?.trim(), message.text].filter(Boolean).join("\n"));
    set(id, { note: false, editing: undefined });
  }
  function template() {
    set(id, { note: false, editing: undefined });
    pick(id, "template");
  }
  const acts: Record<Exclude<Remedy, "templates" | "account">, { words: string; may: boolean; act: () => void }> = {
    again: { words: "Try again", may: writes, act: onAgain },
    template: { words: "Choose a template", may: writes, act: template },
    contact: { words: "Open the contact", may: true, act: () => useContactPanel.getState().toggle(true) },
    edit: { words: "Edit and send anew", may: writes && message.text !== "", act: edit },
  };
  return remedies.map((remedy) => {
    if (remedy === "templates" || remedy === "account") {
      return reads && account ? (
        <span key={remedy}>
          {" "}
          <Link to="/settings/$page/$item" params={{ page: "integrations", item: account }} className={look}>
            {remedy === "templates" ? "See the templates" : "Open the account"}
          </Link>
        </span>
      ) : null;
    }
    const { words, may, act } = acts[remedy];
    return may ? (
      <span key={remedy}>
        {" "}
        <button type="button" disabled={busy} onClick={act} className={look}>
          {words}
        </button>
      </span>
    ) : null;
  });
}
