import { expect, test } from "vitest";

import { threadsOf, words } from "./room-words";

const message = (id: string, thread: string | null) => ({ id, thread, text: id, name: null });

test("answers stand under what they answer", () => {
  const threads = threadsOf([message("1", null), message("2", null), message("3", "1"), message("4", "2"), message("5", "1")]);
  expect(threads.map(({ root, replies }) => [root.id, ...replies.map((one) => one.id)])).toEqual([["1", "3", "5"], ["2", "4"]]);
});

test("links are read by their names, and escapes are taken back once", () => {
  expect(words("*Ada* on <https://hub.example/inbox/1|WhatsApp>: 1 &lt; 2 &amp;amp; <https://shop.example>")).toBe("Ada on WhatsApp: 1 < 2 &amp; https://shop.example");
});
