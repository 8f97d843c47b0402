import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { contactKeys, mergeContact } from "@/api/contacts";
import { mergeSuggestionKeys, mergeSuggestions, refuseMergeSuggestion, type MergeSuggestion } from "@/api/merge-suggestions";
import type { Contact } from "@/api/types";
import { refetchAll } from "@/live/apply";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { ChannelGlyph } from "@/ui/channel-glyph";
import { toastError } from "@/ui/toast";
import { Section } from "@/ui/section";

interface SamePersonProps {
  contact: Contact;
  onMerged?: () => void;
}

/** Other contacts with the same number or address: one click joins them, another says that they are somebody else. */
export function SamePerson({ contact, onMerged }: SamePersonProps) {
  const found = useQuery(mergeSuggestions(contact.id));
  const suggestions = found.data?.data ?? [];
  if (suggestions.length === 0) return null;
  return (
    <Section title="Might be the same person">
      <ul className="flex flex-col gap-2">
        {suggestions.map((suggestion) => (
          <Suggestion key={suggestion.id} suggestion={suggestion} contact={contact} onMerged={onMerged} />
        ))}
      </ul>
    </Section>
  );
}

function Suggestion({ suggestion, contact, onMerged }: SamePersonProps & { suggestion: MergeSuggestion }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const other = suggestion.contacts.find((one) => one.id !== contact.id);
  if (!other) return null;
  const name = other.name || "Unnamed";

  async function decide(same: boolean) {
    setBusy(true);
    try {
      if (same && other) {
        client.setQueryData(contactKeys.one(contact.id), await mergeContact(contact.id, other.id));
        void client.invalidateQueries({ queryKey: contactKeys.lists });
        refetchAll(client);
        onMerged?.();
      } else await refuseMergeSuggestion(suggestion.id);
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
      void client.invalidateQueries({ queryKey: mergeSuggestionKeys.all });
    }
  }
  return (
    <li className="flex flex-col gap-2 rounded-md border bg-surface p-2.5">
      <div className="flex items-center gap-2">
        <Avatar name={other.name} seed={other.id} size="sm" />
        <span className="min-w-0 flex-1">
          <span className="flex items-center gap-1.5">
            <span className="truncate font-medium">{name}</span>
            {[...new Set(other.identities.map((identity) => identity.channel))].map((channel) => (
              <ChannelGlyph key={channel} channel={channel} />
            ))}
          </span>
          <span className="block truncate text-sm text-muted">{suggestion.because.map((what) => (what === "phone" ? `Same phone ${other.phone ?? ""}` : `Same e-mail ${other.email ?? ""}`)).join(", ")}</span>
        </span>
      </div>
      <div className="flex gap-2">
        <Button small disabled={busy} aria-label={`Merge ${name} into this contact`} onClick={() => void decide(true)}>
          Merge
        </Button>
        <Button small look="quiet" disabled={busy} aria-label={`${name} is not the same person`} onClick={() => void decide(false)}>
          Not the same
        </Button>
      </div>
    </li>
  );
}
