import { describe, expect, it } from "vitest";

import type { DealView } from "@/api/deal-views";
import { type BoardSearch, boardSearch, conditionCount, dayOf, filterOf, lookOf, sameLook, searchOf, unfiltered } from "./board-search";

const full: BoardSearch = {
  pipeline: "p",
  view: "v",
  shape: "table",
  order: "value",
  owner: "u",
  tag: "vip",
  status: "won",
  stale: "yes",
  closing: "8",
  q: "car",
  from: "100",
  to: "900",
  columns: "plan,seats",
};
const view = (search: BoardSearch): DealView => ({ id: "v", name: "", shared: false, pipeline_id: search.pipeline ?? null, look: lookOf(search), version: 1, created_at: "", updated_at: "" });

describe("the address of the board", () => {
  it("comes back from a view as it was saved", () => {
    for (const owner of [undefined, "me", "none", "u"]) {
      const search = boardSearch({ ...full, owner });
      expect(searchOf(view(search))).toEqual(search);
    }
    const plain = boardSearch({ view: "v" });
    expect(searchOf(view(plain))).toEqual(plain);
  });

  it("tells whether something was changed since", () => {
    expect(sameLook(full, searchOf(view(full)))).toBe(true);
    expect(sameLook({ ...full, q: undefined }, full)).toBe(false);
    expect(sameLook({ ...full, pipeline: undefined }, full)).toBe(true);
    expect(sameLook({ ...full, pipeline: "other" }, full)).toBe(false);
  });

  it("loses its conditions and keeps its shape", () => {
    expect(conditionCount(full)).toBe(7);
    expect(conditionCount(unfiltered(full))).toBe(0);
    expect(unfiltered(full)).toMatchObject({ shape: "table", order: "value", columns: "plan,seats" });
  });

  it("becomes a question to the server", () => {
    const now = new Date(2027, 1, 25, 23, 59);
    expect(filterOf(full, "me", now)).toEqual({ owner_id: "u", q: "car", tag: "vip", status: "won", stale: true, closing_before: "2027-03-05", value_from: 100, value_to: 900 });
    expect(filterOf({ owner: "me" }, "m", now)).toEqual({ owner_id: "m" });
    expect(filterOf({ owner: "none", status: "odd", from: "x", closing: "soon" }, "m", now)).toEqual({ unowned: true });
  });

  it("knows days by their name or by how far they are", () => {
    const now = new Date(2027, 11, 31);
    expect(dayOf("0", now)).toBe("2027-12-31");
    expect(dayOf("1", now)).toBe("2028-01-01");
    expect(dayOf("2026-05-04", now)).toBe("2026-05-04");
  });
});
