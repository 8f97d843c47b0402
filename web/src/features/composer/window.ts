/** Whether free text may be sent now, and for how long still. */
export type Window = { state: "none" } | { state: "open"; left: number; closing: boolean } | { state: "closed" };

const soon = 2 * 60 * 60_000;

/** `hours` is the channel's window, null where it has none. A conversation in which the customer has not written yet is closed. */
export function windowNow(hours: number | null | undefined, closesAt: string | null, now: number): Window {
  if (hours == null) return { state: "none" };
  const left = closesAt ? new Date(closesAt).getTime() - now : 0;
  return left > 0 ? { state: "open", left, closing: left < soon } : { state: "closed" };
}
