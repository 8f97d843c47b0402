import { describe, expect, it } from "vitest";

import { segmentsOf } from "./segments";

const rules = {
  basic: "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
  extended: "\f^{}\\[~]|€",
  gsm7: [160, 153],
  ucs2: [70, 67],
} as const;
const of = (text: string) => {
  const { encoding, segments, left } = segmentsOf(text, { ...rules, gsm7: [160, 153], ucs2: [70, 67] });
  return [encoding, segments, left];
};

describe("segments", () => {
  it("are none for nothing", () => expect(of("")).toEqual(["GSM-7", 0, 160]));
  it("hold 160 septets whole, and 153 where the text is split", () => {
    expect(of("a".repeat(160))).toEqual(["GSM-7", 1, 0]);
    expect(of("a".repeat(161))).toEqual(["GSM-7", 2, 145]);
    expect(of("a".repeat(307))).toEqual(["GSM-7", 3, 152]);
  });
  it("cost two for what is escaped", () => expect(of("5 €")).toEqual(["GSM-7", 1, 156]));
  it("are shorter as soon as one character is not in the tables", () => {
    expect(of("ç")).toEqual(["UCS-2", 1, 69]);
    expect(of("👍")).toEqual(["UCS-2", 1, 68]);
    expect(of("ã".repeat(71))).toEqual(["UCS-2", 2, 63]);
  });
  it("divide no pair between two", () => {
    expect(of(`${"a".repeat(152)}€${"b".repeat(153)}`)).toEqual(["GSM-7", 3, 151]);
    expect(of(`${"ã".repeat(66)}👍${"é".repeat(10)}`)).toEqual(["UCS-2", 2, 55]);
  });
});
