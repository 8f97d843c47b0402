import { describe, expect, it } from "vitest";

import { nearTimes } from "./near-times";

const names = (date: Date) => nearTimes(date).map((time) => time.name);

describe("times to snooze until", () => {
  it("lie ahead, also late in the evening", () => {
    const late = new Date(2026, 10, 20, 22, 15);
    expect(names(late)).not.toContain("This evening");
    for (const time of nearTimes(late)) expect(time.at.getTime()).toBeGreaterThan(late.getTime());
  });
  it("offers the coming Monday, never today", () => {
    const monday = new Date(2026, 10, 23, 8);
    const next = nearTimes(monday).find((time) => time.name === "Next Monday");
    expect(next?.at).toEqual(new Date(2026, 10, 30, 9));
  });
  it("offers no time twice", () => {
    const sunday = new Date(2026, 10, 22, 10);
    expect(names(sunday)).toContain("Tomorrow morning");
    expect(names(sunday)).not.toContain("Next Monday");
  });
});
