import { expect, it } from "vitest";

import { readCsv, writeCsv } from "./csv";

it("reads quotes, breaks inside cells and a byte order mark", () => {
  expect(readCsv('\uFEFFname,note\r\n"Lovelace, Ada","said ""hello""\nand left"\r\n\r\nBob,\r\n')).toEqual([
    ["name", "note"],
    ["Lovelace, Ada", 'said "hello"\nand left'],
    ["Bob", ""],
  ]);
});

it("reads what a spreadsheet with semicolons writes", () => expect(readCsv("name;phone\nAda;+44 1,2\n")).toEqual([["name", "phone"], ["Ada", "+44 1,2"]]));

it("writes what it reads", () => {
  const table = [["a", 'b"c'], ["d,e", "f\ng"]];
  expect(readCsv(writeCsv(table))).toEqual(table);
});
