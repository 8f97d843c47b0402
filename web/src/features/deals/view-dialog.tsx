import { useState } from "react";

import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input } from "@/ui/field";
import { Fault } from "@/ui/states";
import { Switch } from "@/ui/switch";

interface ViewDialogProps {
  title: string;
  act: string;
  name?: string;
  /** Whether it may be saved for everybody. */
  mayShare?: boolean;
  onClose: () => void;
  onSave: (name: string, shared: boolean) => Promise<void>;
}

/** What a view of the board is called, and whose it is. */
export function ViewDialog({ title, act, name = "", mayShare, onClose, onSave }: ViewDialogProps) {
  const [typed, setTyped] = useState(name);
  const [shared, setShared] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();

  async function save() {
    setBusy(true);
    setFault(undefined);
    try {
      await onSave(typed.trim(), shared);
      onClose();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={onClose} title={title}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Name">{(props) => <Input {...props} autoFocus maxLength={60} value={typed} onChange={(event) => setTyped(event.target.value)} />}</Field>
        {mayShare ? <Switch label="For everybody" help="All members see this view; managers change it." checked={shared} onChange={setShared} /> : null}
        <Fault error={fault} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={busy || !typed.trim()}>
            {act}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
