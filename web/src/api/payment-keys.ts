export const paymentKeys = {
  all: ["payments"] as const,
  lists: ["payments", "list"] as const,
  list: (filter: object) => ["payments", "list", filter] as const,
  lasts: ["payments", "last"] as const,
  last: (filter: object) => ["payments", "last", filter] as const,
  one: (id: string) => ["payments", "one", id] as const,
  reconciliation: ["payments", "reconciliation"] as const,
  balances: ["payments", "balance"] as const,
  balance: (filter: object) => ["payments", "balance", filter] as const,
};
