import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { stepOf, steps, whyNot } from "./refusals";

const document = JSON.parse(readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8")) as { components: { schemas: { NextStep: { enum: string[] } } } };
const known = document.components.schemas.NextStep.enum;

test("every next step of the server has words of its own and something to press", () => {
  expect(Object.keys(steps).toSorted()).toEqual(known.toSorted());
  const said = known.filter((step) => step !== "none").map((next_step) => whyNot({ code: "x", detail: "Refused.", next_step }));
  expect(new Set(said).size).toBe(said.length);
  for (const next_step of known) {
    const refusal = { code: "some_code", detail: "Refused.", next_step };
    expect(whyNot(refusal)).toMatch(/^Refused\.( [A-Z][^_]+\.)?$/);
    expect(stepOf(refusal).remedies).not.toEqual([]);
  }
});

test("a step that came after this version is no raw word on the screen", () => {
  expect(whyNot({ code: "new_code", detail: "Refused.", next_step: "paint_it_blue" })).toBe("Refused.");
});

test("what a platform did not end is ended, so that two sentences stay two", () => {
  expect(whyNot({ code: "x", detail: "The request was refused", next_step: "retry" })).toBe("The request was refused. Sending it again may help.");
});

test("a refusal without words says its code", () => {
  expect(whyNot({ code: "odd", detail: "", next_step: "retry" })).toBe("The platform refused it (odd). Sending it again may help.");
  expect(whyNot(null)).toBe("");
});
