import { expect, it } from "vitest";

import { capital, ended, languageName, sentenceCase, unmarked } from "./text";

it.each([
  ["It leaves *today* and is with you.", "It leaves today and is with you."],
  ["*_both_* and ~gone~, `code`", "both and gone, code"],
  ["2 * 3 * 4 and snake_case_name stay", "2 * 3 * 4 and snake_case_name stay"],
  ["*two* *of* them", "two of them"],
])("%j is read as %j", (text, plain) => expect(unmarked(text)).toBe(plain));

it("the interface's words are written as people write them", () => {
  expect(sentenceCase("message_content")).toBe("Message content");
  expect(sentenceCase("")).toBe("");
});

it("begins, ends and names what others wrote", () => {
  expect(capital("could not connect")).toBe("Could not connect");
  expect(["Refused", "Refused.", " Why? ", ""].map(ended)).toEqual(["Refused.", "Refused.", "Why?", ""]);
  expect(languageName("de")).toBe(new Intl.DisplayNames(undefined, { type: "language" }).of("de"));
  expect(languageName("no language")).toBe("no language");
});
