import { expect, test } from "vitest";

import { moneyText, plainAmount, readMoney } from "./money";

test("amounts are read exactly or not at all", () => {
  const minor = (text: string, currency = "BRL") => readMoney(text, currency)?.minor;
  expect(minor("1250.50")).toBe(125_050);
  expect(minor("1250,5")).toBe(125_050);
  expect(minor("1 250")).toBe(125_000);
  expect(minor("0.29")).toBe(29);
  expect(minor("17", "JPY")).toBe(17);
  expect(minor("1.234", "KWD")).toBe(1234);
  for (const wrong of ["", "-1", "1.005", "a", "1.2.3", "1e5"]) expect(minor(wrong), wrong).toBeUndefined();
  expect(minor("1.5", "JPY")).toBeUndefined();
});

test("what is shown in a field is read again", () => {
  for (const money of [{ minor: 125_050, currency: "BRL" }, { minor: 17, currency: "JPY" }, { minor: 1, currency: "KWD" }]) {
    expect(readMoney(plainAmount(money), money.currency)).toEqual(money);
  }
});

test("whole amounts are short where there is little room", () => {
  expect(moneyText({ minor: 125_000, currency: "USD" }, true)).toBe("$1,250");
  expect(moneyText({ minor: 125_050, currency: "USD" }, true)).toBe("$1,250.50");
});
