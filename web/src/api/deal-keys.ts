/** Which deals of the board. */
export interface BoardFilter {
  owner_id?: string;
  q?: string;
  stale?: boolean;
}

export const dealKeys = {
  all: ["deals"] as const,
  columns: ["deals", "column"] as const,
  column: (stageId: string, filter: BoardFilter) => ["deals", "column", stageId, filter] as const,
  tables: ["deals", "table"] as const,
  table: (pipelineId: string, filter: BoardFilter, order: string) => ["deals", "table", pipelineId, filter, order] as const,
  totals: ["deals", "totals"] as const,
  totalsOf: (pipelineId: string, filter: BoardFilter) => ["deals", "totals", pipelineId, filter] as const,
  one: (id: string) => ["deals", "one", id] as const,
  activities: (id: string) => ["deals", "activities", id] as const,
  contacts: ["deals", "contact"] as const,
  contact: (id: string) => ["deals", "contact", id] as const,
};
