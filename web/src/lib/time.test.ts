import { describe, expect, it } from "vitest";

import { dayName, moment, playTime, shortAgo, span } from "./time";

const now = new Date(2026, 10, 21, 12).getTime();
const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

describe("times in words", () => {
  it("are as short as a list row needs", () => {
    expect([ago(0), ago(5), ago(59), ago(60), ago(23 * 60)].map((at) => shortAgo(at, now))).toEqual(["now", "5m", "59m", "1h", "23h"]);
    expect(shortAgo(ago(60 * 24 * 400), now)).toMatch(/2025/);
  });
  it("name the days around today", () => {
    expect(dayName(ago(10), now)).toBe("Today");
    expect(dayName(ago(60 * 13), now)).toBe("Yesterday");
    expect(dayName(ago(60 * 24 * 3), now)).toBe(new Date(2026, 10, 18).toLocaleDateString(undefined, { weekday: "long" }));
  });
  it("name a moment by its day when it is near", () => {
    expect(moment(new Date(2026, 10, 21, 17).toISOString(), now)).toMatch(/^today, /);
    expect(moment(new Date(2026, 10, 22, 9).toISOString(), now)).toMatch(/^tomorrow, /);
    expect(moment(new Date(2026, 10, 27, 9).toISOString(), now)).toMatch(/27/);
  });
  it("give spans in two units at most", () => {
    expect([30_000, 12 * 60_000, 65 * 60_000, 24 * 3_600_000, 72 * 3_600_000, -5].map(span)).toEqual(["30 s", "12 min", "1 h 5 min", "24 h", "3 days", "0 s"]);
  });
  it("show playing time, also of what is not known", () => {
    expect([playTime(0), playTime(61.9), playTime(NaN)]).toEqual(["0:00", "1:01", "0:00"]);
  });
});
