import { expect, it } from "vitest";

import { timeZones, zone } from "./time-zones";

const summer = new Date("2026-07-01T12:00:00Z");

it("a zone is named by its city, with the difference of its clocks that day", () => {
  expect(zone("Europe/Berlin", summer)).toEqual({ id: "Europe/Berlin", name: "Berlin, Europe", offset: "UTC+02:00" });
  expect(zone("America/Argentina/Buenos_Aires", summer).name).toBe("Buenos Aires, Argentina, America");
  expect(zone("Europe/Berlin", new Date("2026-01-01T12:00:00Z")).offset).toBe("UTC+01:00");
});

it("a zone that is not known is named all the same", () => {
  expect(zone("Moon/Tycho", summer)).toEqual({ id: "Moon/Tycho", name: "Tycho, Moon", offset: "" });
});

it("they go from west to east, UTC before all", () => {
  const ids = timeZones(summer).map((one) => one.id);
  expect(ids[0]).toBe("UTC");
  expect(ids.indexOf("America/New_York")).toBeLessThan(ids.indexOf("Europe/Berlin"));
  expect(new Set(ids).size).toBe(ids.length);
});
