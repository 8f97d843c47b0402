const minute = 60_000;
const hour = 60 * minute;
const wholeDay = 24 * hour;

/** How long ago, in the fewest characters a list row can carry: `now`, `5m`, `3h`, `Tue`, `4 Mar`, `4 Mar 2024`. */
export function shortAgo(at: string, now = Date.now()): string {
  const then = new Date(at);
  const passed = now - then.getTime();
  if (passed < minute) return "now";
  if (passed < hour) return `${Math.floor(passed / minute)}m`;
  if (passed < wholeDay) return `${Math.floor(passed / hour)}h`;
  if (passed < 6 * wholeDay) return then.toLocaleDateString(undefined, { weekday: "short" });
  const sameYear = then.getFullYear() === new Date(now).getFullYear();
  return then.toLocaleDateString(undefined, { day: "numeric", month: "short", year: sameYear ? undefined : "numeric" });
}

/** How long ago, inside a sentence: `just now`, `5 min ago`, `3 h ago`, `4 days ago`; older ones by their date. */
export function ago(at: string, now = Date.now()): string {
  const passed = now - new Date(at).getTime();
  if (passed < minute) return "just now";
  if (passed < hour) return `${Math.floor(passed / minute)} min ago`;
  if (passed < wholeDay) return `${Math.floor(passed / hour)} h ago`;
  if (passed < 2 * wholeDay) return "yesterday";
  if (passed < 14 * wholeDay) return `${Math.floor(passed / wholeDay)} days ago`;
  return new Date(at).toLocaleDateString(undefined, { dateStyle: "medium" });
}

/** Hour and minute in the reader's own form. */
export function clock(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
}

/** The whole instant, for tooltips. */
export function exact(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });
}

/** Date and time without the weekday's full name. */
export function dateAndTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** From when to when, without saying the day twice where it is the same. */
export function dateRange(from: string, to?: string, wholeDays = false): string {
  const form = new Intl.DateTimeFormat(undefined, wholeDays ? { dateStyle: "full" } : { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" });
  return to && !wholeDays ? form.formatRange(new Date(from), new Date(to)) : form.format(new Date(from));
}

/** A day and a time near today, in few words: `today, 17:00`, `tomorrow, 9:00`, `Fri, 4 Mar, 9:00`. */
export function moment(at: string, now = Date.now()): string {
  const tomorrow = new Date(now);
  tomorrow.setDate(tomorrow.getDate() + 1);
  const key = dayKey(at);
  if (key === dayKey(new Date(now).toISOString())) return `today, ${clock(at)}`;
  if (key === dayKey(tomorrow.toISOString())) return `tomorrow, ${clock(at)}`;
  return `${new Date(at).toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" })}, ${clock(at)}`;
}

/** A calendar day, `2027-01-31`, in few words: `31 Jan`, of another year `31 Jan 2028`. */
export function day(date: string, now = Date.now()): string {
  const [year = 1970, month = 1, of = 1] = date.split("-").map(Number);
  const sameYear = year === new Date(now).getFullYear();
  return new Date(year, month - 1, of).toLocaleDateString(undefined, { day: "numeric", month: "short", year: sameYear ? undefined : "numeric" });
}

/** The calendar day in the reader's own time zone; equal for two instants of one day. */
export function dayKey(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** Name of a day for a divider: Today, Yesterday, a weekday within the week, else a date. */
export function dayName(at: string, now = Date.now()): string {
  const date = new Date(at);
  const start = (time: Date) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
  const days = Math.round((start(new Date(now)) - start(date)) / wholeDay);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return date.toLocaleDateString(undefined, { weekday: "long" });
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "long", year: sameYear ? undefined : "numeric" });
}

/** A span of milliseconds in its two largest units: `23 h 5 min`, `12 min`, `40 s`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** Playing time as `m:ss`. */
export function playTime(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
