/** Which deals of the board. */
export interface BoardFilter {
  owner_id?: string;
  unowned?: boolean;
  q?: string;
  tag?: string;
  status?: "open" | "won" | "lost";
  stale?: boolean;
  /** A day: only what is expected to close before it. */
  closing_before?: string;
  /** In the smallest unit of whichever currency. */
  value_from?: number;
  value_to?: number;
}

export const dealOrders = ["newest", "closing", "value"] as const;
export type DealOrder = (typeof dealOrders)[number];

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
  files: (id: string) => ["deals", "files", id] as const,
  contacts: ["deals", "contact"] as const,
  contact: (id: string) => ["deals", "contact", id] as const,
  accounts: ["deals", "account"] as const,
  account: (id: string) => ["deals", "account", id] as const,
};
