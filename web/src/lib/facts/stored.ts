/** A choice kept in this browser; anything unreadable or not among the allowed counts as absent. */
export function stored<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
  const value = read(name);
  return allowed.find((one) => one === value) ?? otherwise;
}

export function storedNumber(name: string, low: number, high: number, otherwise: number): number {
  const value = Number(read(name) ?? "none");
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
}

/** What was kept as JSON, where it is still of the expected shape. */
export function restore<T>(name: string, fits: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(read(name) ?? "null");
    return fits(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function store(name: string, value: string): void {
  try {
    localStorage.setItem(`switchboard.${name}`, value);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(`switchboard.${name}`);
  } catch {
    return null;
  }
}
