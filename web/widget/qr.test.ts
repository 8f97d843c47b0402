import { expect, test } from "vitest";

import { qr } from "./qr";

/** Read by another program as what it says. */
const pix = [
  "#######..#.#..#######",
  "#.....#.....#.#.....#",
  "#.###.#.#.#.#.#.###.#",
  "#.###.#.###...#.###.#",
  "#.###.#.#.#.#.#.###.#",
  "#.....#.####..#.....#",
  "#######.#.#.#.#######",
  "........#............",
  "#.#####..###..#####..",
  "..#..#.#.######.....#",
  "#..#####....#.##.###.",
  ".##....########..##..",
  "...#.##.#...#..#.#...",
  "........##..#..#...#.",
  "#######..###.#..#.##.",
  "#.....#.#......##.###",
  "#.###.#.#.##.#..#.#..",
  "#.###.#.#.#####..#...",
  "#.###.#.##..#.##.....",
  "#.....#..######..#...",
  "#######.#...#..#..##.",
];

test("a text becomes the code that readers read", () => {
  expect(qr("Pix")?.map((row) => row.map((dark) => (dark ? "#" : ".")).join(""))).toEqual(pix);
});

test("the code grows with the text, up to what it can hold", () => {
  const size = (length: number) => qr("0".repeat(length))?.length;
  expect([14, 15, 213, 214, 666].map(size)).toEqual([21, 25, 57, 61, 97]);
  expect(qr("0".repeat(667))).toBeNull();
});
