import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { contactKeys, contactNotes, noteContact } from "@/api/contacts";
import type { ContactNote, Page } from "@/api/types";
import { exact, shortAgo } from "@/lib/time";
import { Button } from "@/ui/button";
import { Failed, Lines } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { Section } from "@/ui/section";

/** What colleagues noted about the person, whatever conversation it came up in. Newest first. */
export function Notes({ contactId, disabled }: { contactId: string; disabled: boolean }) {
  const client = useQueryClient();
  const found = useQuery(contactNotes(contactId));
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const notes = found.data?.data ?? [];

  async function add() {
    if (!typed.trim() || busy) return;
    setBusy(true);
    try {
      const note = await noteContact(contactId, typed.trim());
      client.setQueryData<Page<ContactNote>>(contactKeys.notes(contactId), (held) => (held ? { ...held, data: [note, ...held.data.filter((one) => one.id !== note.id)] } : held));
      setTyped("");
    } catch (error) {
      toastError(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Section title="Notes">
      {disabled ? null : (
        <form
          className="mb-2 flex flex-col gap-1.5"
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <textarea
            dir="auto"
            rows={typed ? 3 : 1}
            aria-label="New note about the contact"
            placeholder="Note something about them"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void add();
            }}
            className="w-full resize-none rounded-md border border-line-strong bg-surface px-2 py-1.5 focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent/30"
          />
          {typed.trim() ? (
            <Button small type="submit" look="primary" className="self-end" busy={busy}>
              Add note
            </Button>
          ) : null}
        </form>
      )}
      {found.isPending ? <Lines rows={2} /> : null}
      {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : null}
      {found.data && notes.length === 0 && disabled ? <p className="text-sm text-muted">None.</p> : null}
      <ul className="flex flex-col gap-2" aria-label="Notes about the contact">
        {notes.map((note) => (
          <li key={note.id} className="rounded-md border border-paper-line bg-paper on-tint px-2.5 py-1.5">
            <p dir="auto" className="break-words whitespace-pre-wrap">
              {note.text}
            </p>
            <p className="mt-0.5 text-xs text-muted">
              {note.author_name ?? "A former member"} ·{" "}
              <time dateTime={note.created_at} title={exact(note.created_at)}>
                {shortAgo(note.created_at)}
              </time>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
