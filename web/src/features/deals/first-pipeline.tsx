import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { KanbanSquare } from "lucide-react";

import { createPipeline, pipelines } from "@/api/deals";
import { useMay } from "@/api/may";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Empty, Fault } from "@/ui/states";

/** Before there is a board: one is made with the usual stages, which can be changed afterwards. */
export function FirstPipeline() {
  const client = useQueryClient();
  const writes = useMay("writePipelines");
  const [name, setName] = useState("Sales");
  const [currency, setCurrency] = useState("EUR");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  if (!writes) return <Empty icon={<KanbanSquare />} text="There is no pipeline yet. A manager can make one." />;

  async function make() {
    setBusy(true);
    setFault(undefined);
    try {
      await createPipeline(name.trim(), currency.trim().toUpperCase());
      await client.invalidateQueries({ queryKey: pipelines().queryKey });
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  }
  return (
    <Empty icon={<KanbanSquare />} text="Deals move along a pipeline from stage to stage. Make one with the usual stages to begin.">
      <form
        className="flex w-72 flex-col gap-3 text-left"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <Field label="Name">{(props) => <Input {...props} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <Field label="Currency" help="Three letters: EUR, USD, BRL.">
          {(props) => <Input {...props} maxLength={3} value={currency} onChange={(event) => setCurrency(event.target.value)} />}
        </Field>
        <Fault error={fault} />
        <Button type="submit" look="primary" busy={busy} disabled={busy || !name.trim() || currency.trim().length !== 3}>
          Make the pipeline
        </Button>
      </form>
    </Empty>
  );
}
