// @vitest-environment jsdom
import { fireEvent, render } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { type Keymap, useKeyChains, useShortcuts } from "./shortcuts";

let pressed: string[] = [];
const note = (name: string) => () => void pressed.push(name);

function Page({ keymap }: { keymap: Keymap }) {
  useShortcuts(keymap);
  useKeyChains();
  return <textarea aria-label="text" />;
}

function press(keymap: string[], keys: { key: string; shiftKey?: boolean; ctrlKey?: boolean }[], inText = false): string[] {
  pressed = [];
  const page = render(<Page keymap={Object.fromEntries(keymap.map((name) => [name, note(name)]))} />);
  const target = inText ? page.getByLabelText("text") : document.body;
  for (const key of keys) fireEvent.keyDown(target, key);
  page.unmount();
  return pressed;
}

describe("shortcuts", () => {
  it("tell single keys, shifted ones and those with Ctrl apart", () => {
    expect(press(["x", "Shift+x", "Mod+k", "?"], [{ key: "x" }, { key: "X", shiftKey: true }, { key: "k", ctrlKey: true }, { key: "?", shiftKey: true }])).toEqual(["x", "Shift+x", "Mod+k", "?"]);
  });
  it("rest while somebody writes, but for those with Ctrl", () => {
    expect(press(["e", "Mod+k"], [{ key: "e" }, { key: "k", ctrlKey: true }], true)).toEqual(["Mod+k"]);
  });
  it("know two keys one after the other, and do not take the second for a single one", () => {
    expect(press(["g i", "i"], [{ key: "g" }, { key: "i" }])).toEqual(["g i"]);
    expect(press(["g i", "i"], [{ key: "i" }])).toEqual(["i"]);
  });
});
