import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { type Account, accountKeys, createAccount } from "@/api/accounts";
import { Problem } from "@/api/problem";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";

interface CompanyDialogProps {
  name?: string;
  onClose: () => void;
  onMade: (company: Account) => void;
}

/** A new company, in as few words as will do. */
export function CompanyDialog({ name = "", onClose, onMade }: CompanyDialogProps) {
  const client = useQueryClient();
  const [form, setForm] = useState({ name, domain: "", phone: "" });
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const wrong = fault instanceof Problem ? fault.fields : {};

  async function save() {
    setBusy(true);
    setFault(undefined);
    try {
      const made = await createAccount({ name: form.name.trim(), domain: form.domain.trim() || null, phone: form.phone.trim() || null });
      void client.invalidateQueries({ queryKey: accountKeys.all });
      onMade(made);
      onClose();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={onClose} title="New company">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Name" error={wrong.name}>
          {(props) => <Input {...props} autoFocus maxLength={200} value={form.name} onChange={(event) => setForm({ ...form, name: event.target.value })} />}
        </Field>
        <Field label="Domain" optional help="An address of its site will do." error={wrong.domain}>
          {(props) => <Input {...props} maxLength={254} value={form.domain} onChange={(event) => setForm({ ...form, domain: event.target.value })} />}
        </Field>
        <Field label="Phone" optional error={wrong.phone}>
          {(props) => <Input {...props} type="tel" maxLength={40} value={form.phone} onChange={(event) => setForm({ ...form, phone: event.target.value })} />}
        </Field>
        <Fault error={fault} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={busy || !form.name.trim()}>
            Add company
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
