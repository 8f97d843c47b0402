// @vitest-environment jsdom
import { expect, it } from "vitest";

import { heightOf, keepHeight } from "./letter-height";

const words = (count: number) => "letter ".repeat(count);

it("a letter is guessed by its lines, its tables and its pictures", () => {
  expect(heightOf("")).toBe(0);
  const short = heightOf("<p>Dear Ada,</p>");
  expect(short).toBeGreaterThanOrEqual(20);
  expect(heightOf(`<p>${words(100)}</p>`)).toBeGreaterThan(heightOf(`<p>${words(20)}</p>`));
  expect(heightOf("<div><p>Dear Ada,</p></div>")).toBe(short);
  expect(heightOf('<p>Dear Ada,</p><img width="960" height="400">') - short).toBe(200);
  expect(heightOf("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>")).toBe(50);
});

it("it is as high as it was when it was last shown", () => {
  keepHeight("<p>Dear Ben,</p>", 333);
  expect(heightOf("<p>Dear Ben,</p>")).toBe(333);
});
