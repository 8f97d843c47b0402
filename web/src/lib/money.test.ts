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

test("thousands' marks are read where they can mean only one thing", () => {
  const minor = (text: string, currency = "BRL") => readMoney(text, currency)?.minor;
  for (const same of ["1.250,50", "1,250.50", "R$ 1.250,50", "R$1,250.50", "brl 1250.5", "1 250,50", "1250,50 BRL"]) expect(minor(same), same).toBe(125_050);
  expect(minor("1.250.000")).toBe(125_000_000);
  expect(minor("1,250,000.5")).toBe(125_000_050);
  expect(minor("¥1,200,000", "JPY")).toBe(1_200_000);
  expect(minor("1,250", "JPY")).toBe(1250);
  for (const unclear of ["1.250", "1,250", "12.345.67", "1,25,000", "1.250,50,1", "1,250.50.1", "$ 10", "10 EUR", ".5", "R$"]) expect(minor(unclear), unclear).toBeUndefined();
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
