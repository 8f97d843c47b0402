// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from "vitest";

import { draftKey, useDrafts } from "./drafts";

beforeEach(() => {
  localStorage.clear();
  useDrafts.setState({ drafts: {}, of: undefined });
  vi.useFakeTimers();
});

const { write, take } = useDrafts.getState();
const drafts = () => useDrafts.getState().drafts;

it("each conversation keeps its own reply, note and subject", () => {
  take("ada");
  write(draftKey("one", "reply"), "Hello");
  write(draftKey("one", "subject"), "Your order");
  write(draftKey("two", "note"), "Ask Chen");
  expect(drafts()).toEqual({ one: "Hello", "one/subject": "Your order", "two/note": "Ask Chen" });
  write(draftKey("one", "reply"), "");
  expect(drafts()).toEqual({ "one/subject": "Your order", "two/note": "Ask Chen" });
});

it("they outlive the page, and belong to who wrote them", () => {
  take("ada");
  write("one", "Hello");
  vi.runAllTimers();
  take("bruno");
  expect(drafts()).toEqual({});
  write("one", "Mine");
  vi.runAllTimers();
  take("ada");
  expect(drafts()).toEqual({ one: "Hello" });
});

it("a page that goes loses no last words", () => {
  take("ada");
  write("one", "Hel");
  window.dispatchEvent(new Event("pagehide"));
  take(undefined);
  take("ada");
  expect(drafts()).toEqual({ one: "Hel" });
});

it("what is kept in another shape is dropped", () => {
  localStorage.setItem("switchboard.drafts/ada", '{"one": 1}');
  take("ada");
  expect(drafts()).toEqual({});
});

it("the oldest are forgotten", () => {
  take("ada");
  for (let number = 0; number < 205; number++) write(`c${number}`, "x");
  expect(Object.keys(drafts())).toHaveLength(200);
  expect(drafts().c4).toBeUndefined();
});
