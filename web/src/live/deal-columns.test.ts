import type { InfiniteData } from "@tanstack/react-query";
import { expect, test } from "vitest";

import type { Deal } from "@/api/deals";
import type { Page } from "@/api/types";
import { compareRanks, put, take } from "./deal-columns";

function deal(id: string, rank: string): Deal {
  return { id, rank } as Deal;
}

function column(deals: Deal[], next: string | null): InfiniteData<Page<Deal>, string | undefined> {
  return { pages: [{ data: deals, next_cursor: next }], pageParams: [undefined] };
}

function ids(held: ReturnType<typeof column>) {
  return held.pages.flatMap((page) => page.data.map((one) => one.id));
}

test("ranks compare as numbers of any length", () => {
  const sorted = ["-2", "-1.5", "-1", "0", "0.5", "0.50000000000000000001", "1", "10"];
  for (const [n, a] of sorted.entries()) for (const [m, b] of sorted.entries()) expect(Math.sign(compareRanks(a, b)), `${a} ${b}`).toBe(Math.sign(n - m));
  expect(compareRanks("1", "1.0")).toBe(0);
});

test("a deal comes to its place, once", () => {
  const held = column([deal("a", "-1"), deal("b", "0"), deal("c", "1")], null);
  expect(ids(put(held, deal("x", "-0.5")))).toEqual(["a", "x", "b", "c"]);
  expect(ids(put(held, deal("a", "2")))).toEqual(["b", "c", "a"]);
  expect(ids(take(held, "b"))).toEqual(["a", "c"]);
  expect(take(held, "z")).toBe(held);
});

test("what stands behind the loaded pages is not shown yet", () => {
  const held = column([deal("a", "0")], "more");
  expect(ids(put(held, deal("x", "5")))).toEqual(["a"]);
  expect(ids(put(held, deal("x", "-5")))).toEqual(["x", "a"]);
});
