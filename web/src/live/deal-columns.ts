import type { InfiniteData } from "@tanstack/react-query";

import type { Deal } from "@/api/deals";
import type { Page } from "@/api/types";

type Column = InfiniteData<Page<Deal>, string | undefined>;

/** Ranks are decimal numbers of any length: more digits than a number of this language holds. */
export function compareRanks(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  if (left.negative !== right.negative) return left.negative ? -1 : 1;
  const length = Math.max(left.fraction.length, right.fraction.length);
  const [x, y] = [left, right].map(({ whole, fraction }) => BigInt(whole + fraction.padEnd(length, "0"))) as [bigint, bigint];
  if (x === y) return 0;
  return x < y === !left.negative ? -1 : 1;
}

function split(rank: string): { negative: boolean; whole: string; fraction: string } {
  const negative = rank.startsWith("-");
  const [whole = "0", fraction = ""] = rank.slice(negative ? 1 : 0).split(".");
  return { negative, whole, fraction };
}

/** The column with the deal at its place; without it where its place is not loaded yet. */
export function put(column: Column, deal: Deal): Column {
  const pages = take(column, deal.id).pages.map((page) => ({ ...page, data: [...page.data] }));
  const behind = (other: Deal) => compareRanks(other.rank, deal.rank) > 0 || (other.rank === deal.rank && other.id > deal.id);
  for (const page of pages) {
    const at = page.data.findIndex(behind);
    if (at >= 0) {
      page.data.splice(at, 0, deal);
      return { ...column, pages };
    }
  }
  const last = pages.at(-1);
  if (last && last.next_cursor === null) last.data.push(deal);
  return { ...column, pages };
}

export function take(column: Column, id: string): Column {
  if (!column.pages.some((page) => page.data.some((deal) => deal.id === id))) return column;
  return { ...column, pages: column.pages.map((page) => ({ ...page, data: page.data.filter((deal) => deal.id !== id) })) };
}
