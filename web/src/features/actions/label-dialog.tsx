import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";

import { createLabel, labels as labelList } from "@/api/organization";
import { useMay } from "@/api/may";
import type { Conversation } from "@/api/types";
import { labelColour } from "@/lib/label-colours";
import { contains } from "@/lib/text";
import { Chooser } from "@/ui/chooser";
import { Dialog } from "@/ui/dialog";
import { toastError } from "@/ui/toast";

interface LabelDialogProps {
  conversations: Conversation[];
  onClose: () => void;
  /** A label is put on all of them, or taken off. */
  onChange: (label: string, on: boolean) => void;
}

/** Adds and takes off labels; stays open, because there are often several. */
export function LabelDialog({ conversations, onClose, onChange }: LabelDialogProps) {
  const all = useQuery(labelList());
  const client = useQueryClient();
  const creates = useMay("writeLabels");
  const [typed, setTyped] = useState("");
  // What is shown follows the clicks at once, whatever the dialog was opened with.
  const [held, setHeld] = useState(() => new Map(conversations.map((one) => [one.id, one.labels])));
  const everyone = (label: string) => [...held.values()].every((labels) => labels.includes(label));

  function toggle(label: string) {
    const off = everyone(label);
    const next = new Map([...held].map(([id, labels]) => [id, off ? labels.filter((one) => one !== label) : [...new Set([...labels, label])]]));
    setHeld(next);
    onChange(label, !off);
  }
  async function create() {
    try {
      const made = await createLabel(typed.trim());
      await client.invalidateQueries({ queryKey: labelList().queryKey });
      toggle(made.id);
    } catch (error) {
      toastError(error);
    }
  }

  const fitting = (all.data ?? []).filter((label) => contains(label.name, typed));
  const choices = fitting.map((label) => ({
    id: label.id,
    name: label.name,
    icon: <span className="mx-1 size-2 rounded-full" style={{ background: labelColour(label.color) }} />,
    chosen: everyone(label.id),
  }));
  const unknown = typed.trim() !== "" && !all.data?.some((label) => label.name.toLowerCase() === typed.trim().toLowerCase());
  if (unknown && creates) choices.push({ id: "new", name: `Create “${typed.trim()}”`, icon: <Plus className="text-muted" />, chosen: false });

  return (
    <Dialog open onClose={onClose} title="Labels">
      <Chooser
        label="Label"
        choices={choices}
        onType={setTyped}
        onChoose={(id) => (id === "new" ? void create() : toggle(id))}
        empty={all.data?.length ? "No such label." : "There are no labels yet. Type a name to create one."}
      />
    </Dialog>
  );
}
