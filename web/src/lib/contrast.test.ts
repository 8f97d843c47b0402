import { expect, it } from "vitest";

import { contrast, isColour } from "./contrast";

it("contrast is that of WCAG, whichever comes first", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#ffffff", "#767676")).toBeCloseTo(4.54, 2);
  expect(contrast("#2563eb", "#2563EB")).toBe(1);
});

it("a colour is six digits behind a hash", () => {
  expect(["#2563eb", " #FFFFFF "].every(isColour)).toBe(true);
  expect(["", "red", "#fff", "2563eb", "#2563eg"].some(isColour)).toBe(false);
});
