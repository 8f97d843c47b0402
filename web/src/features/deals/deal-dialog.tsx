import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { createDeal, type Deal, pipelines } from "@/api/deals";
import { readMoney } from "@/lib/money";
import { onDeal } from "@/live/deals";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field, Input, Select } from "@/ui/field";
import { Fault } from "@/ui/states";

interface DealDialogProps {
  pipelineId?: string;
  /** Where it is talked about; its contact is the deal's. */
  conversationId?: string;
  contactId?: string;
  onClose: () => void;
  onMade?: (deal: Deal) => void;
}

/** A new deal, in as few words as will do. */
export function DealDialog({ pipelineId, conversationId, contactId, onClose, onMade }: DealDialogProps) {
  const client = useQueryClient();
  const boards = useQuery(pipelines()).data ?? [];
  const [chosen, setChosen] = useState(pipelineId);
  const [stageId, setStageId] = useState("");
  const [title, setTitle] = useState("");
  const [amount, setAmount] = useState("");
  const [close, setClose] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const board = boards.find((one) => one.id === chosen) ?? boards[0];
  const value = board && amount.trim() ? readMoney(amount, board.currency) : undefined;
  const wrong = amount.trim() !== "" && !value;

  async function save() {
    if (!board || !title.trim() || wrong) return;
    setBusy(true);
    setFault(undefined);
    try {
      const made = await createDeal({
        pipeline_id: board.id,
        stage_id: stageId || undefined,
        title: title.trim(),
        value,
        expected_close: close || undefined,
        conversation_id: conversationId,
        contact_id: conversationId ? undefined : contactId,
      });
      onDeal(client, made);
      onMade?.(made);
      onClose();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={onClose} title="New deal">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="What is it about">{(props) => <Input {...props} autoFocus maxLength={200} value={title} onChange={(event) => setTitle(event.target.value)} />}</Field>
        <div className="grid grid-cols-2 gap-3 max-md:grid-cols-1">
          <Field label={`Value in ${board?.currency ?? "…"}`} optional error={wrong ? "Write an amount, such as 1250.50." : undefined}>
            {(props) => <Input {...props} inputMode="decimal" value={amount} onChange={(event) => setAmount(event.target.value)} />}
          </Field>
          <Field label="Expected to close" optional>
            {(props) => <Input {...props} type="date" value={close} onChange={(event) => setClose(event.target.value)} />}
          </Field>
          {boards.length > 1 ? (
            <Field label="Pipeline">
              {(props) => (
                <Select
                  {...props}
                  value={board?.id}
                  onChange={(event) => {
                    setChosen(event.target.value);
                    setStageId("");
                  }}
                >
                  {boards.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.name}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          ) : null}
          <Field label="Stage">
            {(props) => (
              <Select {...props} value={stageId} onChange={(event) => setStageId(event.target.value)}>
                {board?.stages.map((stage, index) => (
                  <option key={stage.id} value={index === 0 && stage.kind === "open" ? "" : stage.id}>
                    {stage.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Fault error={fault} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={busy || !title.trim() || wrong || !board}>
            Add deal
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
