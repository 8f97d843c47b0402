import { useState } from "react";

/** Where the keyboard was when it opened, to be there again afterwards: not a field in the dialog, and no menu that has closed since. */
export function useBefore(open: boolean): HTMLElement | undefined {
  const [held, setHeld] = useState<{ open: boolean; element?: HTMLElement }>({ open: false });
  if (held.open !== open) setHeld({ open, element: open ? here() : held.element });
  return held.element;
}

function here(): HTMLElement | undefined {
  const active = document.activeElement;
  const menu = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const element = menu ? document.getElementById(menu) : active;
  return element instanceof HTMLElement ? element : undefined;
}
