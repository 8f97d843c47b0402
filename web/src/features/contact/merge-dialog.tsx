import { useState } from "react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";

import { contactKeys, contactList, mergeContact } from "@/api/contacts";
import { channels } from "@/api/integrations";
import { knownAs } from "@/api/known-as";
import type { Contact } from "@/api/types";
import { refetchAll } from "@/live/apply";
import { useDelayed } from "@/lib/use-delayed";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Chooser } from "@/ui/chooser";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/states";

interface MergeDialogProps {
  contact: Contact;
  onClose: () => void;
  onMerged?: () => void;
}

/** Finds the same person under another name, and joins the two after a second look. */
export function MergeDialog({ contact, onClose, onMerged }: MergeDialogProps) {
  const client = useQueryClient();
  const names = useQuery(channels()).data;
  const [typed, setTyped] = useState("");
  const found = useInfiniteQuery(contactList(useDelayed(typed.trim())));
  const [other, setOther] = useState<Contact>();
  const [error, setError] = useState<unknown>();
  const candidates = (found.data?.pages.flatMap((page) => page.data) ?? []).filter((one) => one.id !== contact.id);

  async function merge() {
    if (!other) return;
    try {
      client.setQueryData(contactKeys.one(contact.id), await mergeContact(contact.id, other.id));
      void client.invalidateQueries({ queryKey: contactKeys.lists });
      refetchAll(client);
      onClose();
      onMerged?.();
    } catch (caught) {
      setError(caught);
    }
  }
  return (
    <Dialog open onClose={onClose} title={`Merge with ${contact.name || "this contact"}`} description="Identities, conversations and attributes of the other contact move here. This cannot be undone.">
      {other ? (
        <div className="flex flex-col gap-4">
          <Fault error={error} />
          <p>
            Everything of <strong>{other.name}</strong> ({knownAs(other, names)}) moves to <strong>{contact.name}</strong>.
          </p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOther(undefined)}>Back</Button>
            <Button look="danger" onClick={() => void merge()}>
              Merge
            </Button>
          </div>
        </div>
      ) : (
        <Chooser
          label="Find the other contact"
          onType={setTyped}
          onChoose={(id) => setOther(candidates.find((one) => one.id === id))}
          choices={candidates.slice(0, 20).map((one) => ({ id: one.id, name: one.name || "Unnamed", icon: <Avatar name={one.name} seed={one.id} size="xs" />, hint: knownAs(one, names) }))}
          empty={found.isPending ? "Looking…" : "Nobody fits."}
        />
      )}
    </Dialog>
  );
}
