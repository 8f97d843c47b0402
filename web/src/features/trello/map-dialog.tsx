import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import type { Stage } from "@/api/deals";
import { patchTrello, type TrelloConnection, trelloConnections } from "@/api/trello";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Fault } from "@/ui/states";
import { toast } from "@/ui/toast";
import { type ListMap, listStages } from "./list-map";
import { MapFields } from "./map-fields";

interface MapDialogProps {
  connection: TrelloConnection;
  stages: Stage[];
  onClose: () => void;
}

/** Another stage for a list. What is there stays; what moves next follows. */
export function MapDialog({ connection, stages, onClose }: MapDialogProps) {
  const client = useQueryClient();
  const [map, setMap] = useState<ListMap>(() => Object.fromEntries(connection.lists.map((list) => [list.list_id, list.stage_id ?? ""])));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      await patchTrello(connection.id, { lists: listStages(map), version: connection.version });
      await client.invalidateQueries({ queryKey: trelloConnections().queryKey });
      toast("Saved.");
      onClose();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  }
  return (
    <Dialog open onClose={onClose} title={`Lists of ${connection.board_name}`}>
      <div className="flex flex-col gap-4">
        <Fault error={error} />
        <MapFields lists={connection.lists.map(({ list_id, name }) => ({ list_id, name }))} stages={stages} map={map} onChange={setMap} />
        <p className="text-sm text-muted">Cards and deals stay where they are. What moves from now on follows.</p>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={busy} disabled={busy} onClick={() => void save()}>
            Save
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
