import { expect, test } from "vitest";

import type { Stage } from "@/api/deals";
import { guessed, listStages } from "./list-map";

test("lists called like a stage are it, and the others are none", () => {
  const stages = [{ id: "s1", name: "New" }, { id: "s2", name: "Won" }] as Stage[];
  const map = guessed([{ list_id: "a", name: " new" }, { list_id: "b", name: "Ideas" }], stages);
  expect(map).toEqual({ a: "s1", b: "" });
  expect(listStages(map)).toEqual([{ list_id: "a", stage_id: "s1" }]);
});
