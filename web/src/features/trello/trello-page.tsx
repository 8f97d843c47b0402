import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { KanbanSquare, Plus } from "lucide-react";

import { useMay } from "@/api/may";
import { trelloConnections } from "@/api/trello";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { Panels } from "@/ui/skeletons";
import { Empty, Failed } from "@/ui/states";
import { ConnectDialog } from "./connect-dialog";
import { ConnectionPanel } from "./connection-panel";

/** Boards of Trello that are kept in step with pipelines. */
export function TrelloPage() {
  const list = useQuery(trelloConnections());
  const writes = useMay("writeIntegrations");
  const [connecting, setConnecting] = useState(false);
  const add = writes ? (
    <Button look="primary" onClick={() => setConnecting(true)}>
      <Plus /> Connect a board
    </Button>
  ) : null;
  return (
    <Page title="Trello" text="A board and a pipeline in step: what happens to a card happens to its deal, and the other way round." act={list.data?.length ? add : null}>
      {list.isPending ? <Panels label="Loading boards" lines={[3]} /> : null}
      {list.isError ? <Failed error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data?.length === 0 ? (
        <Empty icon={<KanbanSquare />} text="No board is connected yet.">
          {add}
        </Empty>
      ) : null}
      {list.data?.map((one) => <ConnectionPanel key={one.id} connection={one} writes={writes} />)}
      {connecting ? <ConnectDialog onClose={() => setConnecting(false)} /> : null}
    </Page>
  );
}
