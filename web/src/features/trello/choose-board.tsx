import { useState } from "react";

import type { Pipeline } from "@/api/deals";
import type { TrelloBoard } from "@/api/trello";
import { Button } from "@/ui/button";
import { Field, Select } from "@/ui/field";
import { Empty, Fault } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { guessed, type ListMap } from "./list-map";
import { MapFields } from "./map-fields";

export interface Wish {
  board_id: string;
  pipeline_id: string;
  map: ListMap;
  import: boolean;
}

interface ChooseBoardProps {
  boards: TrelloBoard[];
  pipelines: Pipeline[];
  busy: boolean;
  error: unknown;
  onBack: () => void;
  onConnect: (wish: Wish) => void;
}

/** Which board, which pipeline, and how they fit. */
export function ChooseBoard({ boards, pipelines, busy, error, onBack, onConnect }: ChooseBoardProps) {
  const [boardId, setBoard] = useState(boards[0]?.id);
  const [pipelineId, setPipeline] = useState(pipelines[0]?.id);
  const [changed, setChanged] = useState<ListMap>();
  const [takeOver, setTakeOver] = useState(true);
  const board = boards.find((one) => one.id === boardId);
  const pipeline = pipelines.find((one) => one.id === pipelineId);
  if (!board || !pipeline) {
    return (
      <Empty text={board ? "Deals stand in a pipeline. Make one first, in Settings → Pipelines." : "The token sees no open board."}>
        <Button onClick={onBack}>Back</Button>
      </Empty>
    );
  }
  const map = changed ?? guessed(board.lists, pipeline.stages);
  const some = Object.values(map).some(Boolean);
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        onConnect({ board_id: board.id, pipeline_id: pipeline.id, map, import: takeOver });
      }}
    >
      <Fault error={error} />
      <Field label="Board">
        {(props) => (
          <Select
            {...props}
            value={board.id}
            onChange={(event) => {
              setBoard(event.target.value);
              setChanged(undefined);
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
      <Field label="Pipeline">
        {(props) => (
          <Select
            {...props}
            value={pipeline.id}
            onChange={(event) => {
              setPipeline(event.target.value);
              setChanged(undefined);
            }}
          >
            {pipelines.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <MapFields lists={board.lists} stages={pipeline.stages} map={map} onChange={setChanged} />
      <Switch label="Take over the open cards" help="They become deals. Otherwise both sides begin with what happens from now on." checked={takeOver} onChange={setTakeOver} />
      <div className="flex justify-end gap-2">
        <Button onClick={onBack}>Back</Button>
        <Button type="submit" look="primary" busy={busy} disabled={busy || !some}>
          Connect {board.name}
        </Button>
      </div>
    </form>
  );
}
