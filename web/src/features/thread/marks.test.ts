import { describe, expect, it } from "vitest";

import { stretches } from "./marks";

const plain = (text: string) => stretches(text, undefined, false);

describe("styles in a text", () => {
  it("reads WhatsApp's marks and takes them out", () => {
    expect(stretches("*bold* and _slanted_, ~gone~ `code`", undefined, true).map(({ text, styles }) => [text, ...styles])).toEqual([
      ["bold", "bold"],
      [" and "],
      ["slanted", "italic"],
      [", "],
      ["gone", "strike"],
      [" "],
      ["code", "code"],
    ]);
  });

  it("leaves marks alone that are none", () => {
    for (const text of ["2 * 3 * 4", "snake_case_name", "* not bold *", "~"]) {
      expect(stretches(text, undefined, true)).toEqual([{ text, styles: [], url: undefined }]);
    }
  });

  it("counts the server's ranges in characters, not in UTF-16 units", () => {
    const found = stretches("😀😀 bold", [{ start: 3, length: 4, style: "bold" }], false);
    expect(found).toEqual([
      { text: "😀😀 ", styles: [], url: undefined },
      { text: "bold", styles: ["bold"], url: undefined },
    ]);
  });

  it("links web addresses without the full stop behind them", () => {
    expect(plain("See https://example.org/a?b=1.").map(({ text, url }) => [text, url])).toEqual([
      ["See ", undefined],
      ["https://example.org/a?b=1", "https://example.org/a?b=1"],
      [".", undefined],
    ]);
  });

  it("never follows an address that could run something", () => {
    expect(stretches("click", [{ start: 0, length: 5, style: "link", url: "javascript:alert(1)" }], false)[0]?.url).toBeUndefined();
  });

  it("survives ranges that reach beyond the text", () => {
    expect(stretches("abc", [{ start: 1, length: 99, style: "bold" }], false).map((one) => one.text)).toEqual(["a", "bc"]);
  });

  it("shows a labelled address by its label", () => {
    const shown = stretches("see [the docs](https://example.com/a) now", undefined, true);
    expect(shown.map((one) => one.text).join("")).toBe("see the docs now");
    expect(shown.find((one) => one.text === "the docs")?.url).toBe("https://example.com/a");
  });
});
