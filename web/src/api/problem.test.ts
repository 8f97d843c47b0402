import { expect, it } from "vitest";

import { Problem } from "./problem";

it("the server's own words come first", () => {
  expect(Problem.from(422, { code: "window_closed", detail: "More than 24 hours have passed." })).toMatchObject({ code: "window_closed", message: "More than 24 hours have passed." });
  expect(Problem.from(422, { code: "x", detail: " ", title: "Not valid" }).message).toBe("Not valid");
});

it.each([
  [422, { code: "too_many_stamps" }, "This was not accepted: too many stamps."],
  [403, undefined, "Your role does not include this. An owner or admin can change it."],
  [409, { code: "some_new_conflict" }, "Somebody else changed this meanwhile. Look again, then repeat it."],
  [502, "<html>Bad gateway</html>", "The server could not do this. Nothing was changed; try again."],
  [418, { code: "" }, "This was not accepted."],
])("an answer %i without words has some all the same", (status, body, words) => {
  expect(Problem.from(status, body).message).toBe(words);
});

it("faults of fields keep their names, and always have words", () => {
  expect(Problem.from(422, { errors: [{ field: "name", detail: "is too long" }, { field: "role" }, {}] }).fields).toEqual({ name: "is too long", role: "Not valid." });
});
