import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KanbanSquare, Plus } from "lucide-react";

import { createPipeline, pipelines } from "@/api/deals";
import { useMay } from "@/api/may";
import { Button } from "@/ui/button";
import { Input } from "@/ui/field";
import { Page } from "@/ui/page";
import { Panels } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { toastError } from "@/ui/toast";
import { FieldsPanel } from "./fields-panel";
import { PipelineForm } from "./pipeline-form";

/** The boards of deals and their stages. */
export function PipelinesPage() {
  const list = useQuery(pipelines());
  const client = useQueryClient();
  const writes = useMay("writePipelines");
  const [name, setName] = useState("");
  const [currency, setCurrency] = useState("");
  const usual = list.data?.[0]?.currency ?? "EUR";

  async function create() {
    try {
      await createPipeline(name.trim(), (currency.trim() || usual).toUpperCase());
      setName("");
      setCurrency("");
      await client.invalidateQueries({ queryKey: pipelines().queryKey });
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <Page wide title="Pipelines" text="Deals move along a pipeline from stage to stage. Each pipeline is a board of its own.">
      {writes ? (
        <form
          className="mb-4 flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void create();
          }}
        >
          <Input aria-label="Name of a new pipeline" placeholder="New pipeline" maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
          <div className="w-24 shrink-0">
            <Input aria-label="Its currency" placeholder={usual} maxLength={3} value={currency} onChange={(event) => setCurrency(event.target.value)} />
          </div>
          <Button type="submit" look="primary" className="h-9" disabled={!name.trim()}>
            <Plus /> Add
          </Button>
        </form>
      ) : null}
      {list.isPending ? <Panels label="Loading pipelines" lines={[6]} /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data?.length === 0 ? <Empty icon={<KanbanSquare />} text="No pipelines yet." /> : null}
      {list.data?.map((one) => <PipelineForm key={`${one.id} ${one.version}`} pipeline={one} writes={writes} />)}
      <FieldsPanel writes={writes} />
    </Page>
  );
}
