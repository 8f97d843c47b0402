import type { Stage } from "@/api/deals";
import type { TrelloListStage } from "@/api/trello";

/** Which stage a list is; empty: none. */
export type ListMap = Record<string, string>;

/** Lists that are called like a stage are it. */
export function guessed(lists: { list_id: string; name: string }[], stages: Stage[]): ListMap {
  const same = (name: string) => stages.find((stage) => stage.name.trim().toLowerCase() === name.trim().toLowerCase())?.id ?? "";
  return Object.fromEntries(lists.map((list) => [list.list_id, same(list.name)]));
}

export function listStages(map: ListMap): TrelloListStage[] {
  return Object.entries(map).flatMap(([list_id, stage_id]) => (stage_id ? [{ list_id, stage_id }] : []));
}
