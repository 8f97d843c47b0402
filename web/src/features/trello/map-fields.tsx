import type { Stage } from "@/api/deals";
import { Field, Select } from "@/ui/field";
import type { ListMap } from "./list-map";

interface MapFieldsProps {
  lists: { list_id: string; name: string }[];
  stages: Stage[];
  map: ListMap;
  onChange: (map: ListMap) => void;
}

/** A stage for each list of the board, or none. */
export function MapFields({ lists, stages, map, onChange }: MapFieldsProps) {
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border p-3">
      <legend className="px-1 text-sm font-medium">Which list is which stage</legend>
      {lists.map((list) => (
        <Field key={list.list_id} label={list.name || "A list without a name"}>
          {(props) => (
            <Select {...props} value={map[list.list_id] ?? ""} onChange={(event) => onChange({ ...map, [list.list_id]: event.target.value })}>
              <option value="">No stage: its cards are let alone</option>
              {stages.map((stage) => (
                <option key={stage.id} value={stage.id}>
                  {stage.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ))}
      {lists.length === 0 ? <p className="text-sm text-muted">The board has no lists yet. Make some at Trello, then come back.</p> : null}
    </fieldset>
  );
}
