import { expect, test } from "vitest";

import type { PaymentAbilities } from "@/api/payments";
import { expiryChoices, methodsFor, minutesInWords } from "./ask-form";

const abilities: PaymentAbilities = {
  methods: ["card", "pix", "boleto"],
  bound: [
    { method: "pix", currencies: ["BRL"] },
    { method: "boleto", currencies: ["BRL"] },
  ],
  shortest_minutes: 30,
  longest_minutes: 1440,
  usual_minutes: 1380,
};

test("only what takes the currency can be chosen", () => {
  expect(methodsFor(abilities, "BRL")).toEqual(["card", "pix", "boleto"]);
  expect(methodsFor(abilities, "EUR")).toEqual(["card"]);
});

test("times are within what the provider allows, its usual one among them", () => {
  expect(expiryChoices(abilities)).toEqual([30, 60, 180, 720, 1380, 1440]);
  expect([30, 180, 1440, 10_080].map(minutesInWords)).toEqual(["30 min", "3 h", "1 day", "7 days"]);
});
