import { expect, it } from "vitest";

import { rangeTo } from "./selection";

const ids = ["a", "b", "c", "d"];

it("a range goes from the one ticked last to the one chosen, in either direction", () => {
  expect(rangeTo(ids, "b", "d")).toEqual(["b", "c", "d"]);
  expect(rangeTo(ids, "d", "b")).toEqual(["b", "c", "d"]);
});

it("a range without a beginning starts at the top", () => {
  expect(rangeTo(ids, undefined, "b")).toEqual(["a", "b"]);
  expect(rangeTo(ids, "gone", "b")).toEqual(["a", "b"]);
  expect(rangeTo(ids, "a", "gone")).toEqual([]);
});
