import { expect, it } from "vitest";

import type { FormField } from "./form-field";
import { changes, filledIn, groups } from "./account-values";

const field = (name: string, more: Partial<FormField> = {}): FormField => ({ name, label: name, kind: "text", required: false, secret: false, help: "", ...more });
const fields = [field("token", { required: true, secret: true }), field("greeting"), field("former", { secret: true })];
const stored = { token: "••••1234", greeting: "Hello", former: "••••9876" };

it("sends what a new account needs, without what was left empty", () => {
  expect(filledIn({ token: "t", greeting: "  ", former: null })).toEqual({ token: "t" });
});

it("sends what changed, takes away what was emptied, and keeps secrets that were not touched", () => {
  expect(changes({}, fields, stored)).toEqual({});
  expect(changes({ greeting: "Hello ", token: "" }, fields, stored)).toEqual({});
  expect(changes({ greeting: "", token: "new" }, fields, stored)).toEqual({ greeting: "", token: "new" });
  expect(changes({ former: null }, fields, stored)).toEqual({ former: "" });
  expect(changes({ former: null }, fields, {})).toEqual({});
});

it("shows what is needed first, then sections, then what is rare", () => {
  const form = [field("address"), field("port", { kind: "number" }), field("colour", { section: "Look" }), field("wait", { kind: "number", section: "Look" }), field("signature", { kind: "lines" })];
  expect(groups(form).map((group) => [group.section, group.fields.map((one) => one.name)])).toEqual([
    [undefined, ["address", "signature"]],
    ["Look", ["colour", "wait"]],
    ["More options", ["port"]],
  ]);
});
