import { type BoardFilter, type DealOrder, dealOrders } from "@/api/deal-keys";
import type { DealLook, DealView } from "@/api/deal-views";

/** What the address of the board says after the question mark. */
export interface BoardSearch {
  pipeline?: string;
  /** The saved view that was opened, whatever was changed since. */
  view?: string;
  shape?: string;
  order?: string;
  /** `me`, `none`, or a member's id. */
  owner?: string;
  tag?: string;
  status?: string;
  /** `yes`: quiet ones only. */
  stale?: string;
  /** A day, or how many days after today that day is. */
  closing?: string;
  q?: string;
  /** In the smallest unit of whichever currency. */
  from?: string;
  to?: string;
  /** Keys of fields, with commas between them. */
  columns?: string;
}

/** What a person narrows the board with, and how it is shown: all but where. */
const parts = ["shape", "order", "owner", "tag", "status", "stale", "closing", "q", "from", "to", "columns"] as const;
const conditions = ["owner", "tag", "status", "stale", "closing", "q", "from", "to"] as const;
const statuses = ["open", "won", "lost"] as const;

/** The board's part of an address that may carry more. */
export function boardSearch(all: BoardSearch): BoardSearch {
  const search: BoardSearch = { pipeline: all.pipeline, view: all.view };
  for (const part of parts) search[part] = all[part] || undefined;
  return search;
}

/** Without any condition; shape and order stay. */
export function unfiltered(search: BoardSearch): BoardSearch {
  const rest = { ...search };
  for (const part of conditions) rest[part] = undefined;
  return rest;
}

export function conditionCount(search: BoardSearch): number {
  return conditions.filter((part) => part !== "q" && search[part]).length;
}

export function sameLook(one: BoardSearch, other: BoardSearch): boolean {
  return parts.every((part) => (one[part] ?? "") === (other[part] ?? "")) && (!one.pipeline || !other.pipeline || one.pipeline === other.pipeline);
}

export function orderOf(search: BoardSearch): DealOrder {
  return dealOrders.find((one) => one === search.order) ?? "newest";
}

function statusOf(search: BoardSearch) {
  return statuses.find((one) => one === search.status);
}

/** What the server is asked for. */
export function filterOf(search: BoardSearch, me: string | undefined, now = new Date()): BoardFilter {
  const { owner } = search;
  return {
    owner_id: owner === "me" ? me : owner === "none" ? undefined : owner,
    unowned: owner === "none" || undefined,
    q: search.q?.trim() || undefined,
    tag: search.tag?.trim() || undefined,
    status: statusOf(search),
    stale: search.stale === "yes" || undefined,
    closing_before: search.closing ? dayOf(search.closing, now) : undefined,
    value_from: amount(search.from),
    value_to: amount(search.to),
  };
}

/** The day that is meant; nothing where it is none. */
export function dayOf(closing: string, now: Date): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(closing)) return closing;
  if (!/^\d{1,4}$/.test(closing)) return undefined;
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + Number(closing));
  const two = (part: number) => String(part).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

function amount(text: string | undefined): number | undefined {
  return text && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** What is kept of an address as a view. */
export function lookOf(search: BoardSearch): DealLook {
  const { owner } = search;
  return {
    shape: search.shape === "table" ? "table" : "board",
    order: orderOf(search),
    whose: !owner ? "all" : owner === "me" ? "mine" : owner === "none" ? "nobody" : "member",
    owner_id: owner && owner !== "me" && owner !== "none" ? owner : null,
    tag: search.tag?.trim() || null,
    status: statusOf(search) ?? null,
    stale: search.stale === "yes",
    closing: search.closing ?? null,
    q: search.q?.trim() || null,
    value_from: amount(search.from) ?? null,
    value_to: amount(search.to) ?? null,
    columns: search.columns?.split(",") ?? [],
  };
}

/** The address of a view; of the pipeline that is shown where the view names none. */
export function searchOf({ id, pipeline_id, look }: DealView, pipeline?: string): BoardSearch {
  const owner = { all: undefined, mine: "me", nobody: "none", member: look.owner_id ?? undefined }[look.whose ?? "all"];
  return boardSearch({
    pipeline: pipeline_id ?? pipeline,
    view: id,
    shape: look.shape === "table" ? "table" : undefined,
    order: look.order === "closing" || look.order === "value" ? look.order : undefined,
    owner,
    tag: look.tag ?? undefined,
    status: look.status ?? undefined,
    stale: look.stale ? "yes" : undefined,
    closing: look.closing ?? undefined,
    q: look.q ?? undefined,
    from: look.value_from?.toString(),
    to: look.value_to?.toString(),
    columns: look.columns?.join(",") || undefined,
  });
}
