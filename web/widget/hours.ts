import type { Settings } from "./types";

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Whether somebody is there at that moment, by the business's clock. */
export function isOpen(hours: Settings["business_hours"], now: Date): boolean {
  if (!hours) return true;
  try {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: hours.time_zone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(now);
    const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
    const day = days.indexOf(part("weekday")) + 1;
    const minute = Number(part("hour")) * 60 + Number(part("minute"));
    return hours.open.some((one) => one.day === day && one.from <= minute && minute < one.until);
  } catch {
    // No such time zone: better open than wrongly closed.
    return true;
  }
}
