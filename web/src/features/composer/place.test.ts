import { describe, expect, it } from "vitest";

import { inWords, newChoice, noOffer, offerLimits } from "./offer";
import { readPlace } from "./place";

describe("a place", () => {
  it.each([
    ["52.52, 13.405", 52.52, 13.405],
    ["-33.8688 151.2093", -33.8688, 151.2093],
    ["https://www.google.com/maps/place/X/@48.85,2.29,17z/data=!3d48.8584!4d2.2945", 48.8584, 2.2945],
    ["https://maps.google.com/?q=40.7,-74.0", 40.7, -74.0],
    ["https://www.openstreetmap.org/?mlat=51.5&mlon=-0.12#map=16/51/0", 51.5, -0.12],
    ["https://www.openstreetmap.org/#map=16/51.5/-0.12", 51.5, -0.12],
  ])("is read from %s", (text, latitude, longitude) => expect(readPlace(text)).toEqual({ latitude, longitude }));

  it.each(["", "Baker Street 221b", "95, 13", "52.52"])("is not read from %j", (text) => expect(readPlace(text)).toBeUndefined());
});

describe("an offer", () => {
  const abilities = {
    buttons: { max: 3, title_max: 20, id_max: 256, body_max: 1024, url: false },
    list: { max_rows: 10, title_max: 24, description_max: 72, body_max: 4096 },
  };
  const choices = (count: number, title = "Yes") => Array.from({ length: count }, () => ({ ...newChoice(), title }));

  it("is buttons while they fit", () => expect(offerLimits(abilities, choices(3))).toMatchObject({ list: false, most: 10 }));
  it("becomes a list with a fourth choice", () => expect(offerLimits(abilities, choices(4))).toMatchObject({ list: true, descriptionMax: 72 }));
  it("becomes a list with a long title", () => expect(offerLimits(abilities, choices(1, "A title of 24 characters"))).toMatchObject({ list: true }));
  it("stays buttons where there are no lists", () => expect(offerLimits({ ...abilities, list: null }, choices(3))).toMatchObject({ list: false, most: 3 }));
  it("is numbered lines in words, as the server writes them", () => {
    const buttons = [{ ...newChoice(), title: "Monday " }, { ...newChoice(), title: "Tuesday", description: "in the afternoon" }, newChoice()];
    expect(inWords("Which *day*?", { buttons, header: " Delivery", footer: "Thank you" })).toBe("Delivery\n\nWhich day?\n1. Monday\n2. Tuesday (in the afternoon)\n\nThank you");
    expect(inWords("Hello", noOffer)).toBe("Hello");
  });
});
