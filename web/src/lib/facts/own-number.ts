import { create } from "zustand";

import { store } from "./stored";

const name = "own-number";

function kept(): string {
  try {
    return localStorage.getItem(`switchboard.${name}`) ?? "";
  } catch {
    return "";
  }
}

/** The telephone on which this browser's person takes calls, with + and country code; empty while nobody has said. */
export const useOwnNumber = create<{ number: string; choose: (number: string) => void }>((set) => ({
  number: kept(),
  choose: (number) => {
    store(name, number);
    set({ number });
  },
}));

/** As the hub takes numbers: a plus and digits; undefined for anything else. */
export function asNumber(written: string): string | undefined {
  const number = written.replace(/[\s()/.-]/g, "").replace(/^00/, "+");
  return /^\+\d{7,15}$/.test(number) ? number : undefined;
}
