import { useEffect, useRef } from "react";

export type Keymap = Record<string, ((event: KeyboardEvent) => void) | undefined>;

const chain = { first: "", at: 0 };
const chainLasts = 1200;

/**
 * Runs what belongs to a key while the component is shown. Names: `j`, `Shift+x`, `g i` (one after the other), `Mod+k`
 * (Ctrl or ⌘). Single keys rest while somebody types or a dialog is open.
 */
export function useShortcuts(keymap: Keymap, enabled = true): void {
  const current = useRef(keymap);
  useEffect(() => {
    current.current = keymap;
  });
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const name = keyName(event);
      const held = name.startsWith("Mod+");
      if (!held && (isTyping(event.target) || document.querySelector("[role=dialog], [role=menu]"))) return;
      const chained = Date.now() - chain.at < chainLasts && chain.first ? `${chain.first} ${name}` : undefined;
      const act = (chained ? current.current[chained] : undefined) ?? (chained ? undefined : current.current[name]);
      if (!act) return;
      event.preventDefault();
      chain.first = "";
      act(event);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [enabled]);
}

/** Remembers the first key of two; called once, by the app, after all keymaps had their turn. */
export function useKeyChains(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target)) return;
      chain.first = event.key === "g" && !event.ctrlKey && !event.metaKey ? "g" : "";
      chain.at = Date.now();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

/** What a key press is called in a keymap. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">): string {
  const key = event.key.length === 1 && event.key !== "?" ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return `Mod+${key}`;
  return event.shiftKey && /^[a-z]$/.test(key) ? `Shift+${key}` : key;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
