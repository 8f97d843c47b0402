export interface NearTime {
  name: string;
  at: Date;
}

/** The usual times for what is to happen later, in the reader's own time zone; only those that lie ahead and differ. */
export function nearTimes(now: Date): NearTime[] {
  const at = (days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const toMonday = ((8 - now.getDay()) % 7) || 7;
  const times: NearTime[] = [
    { name: "In 1 hour", at: new Date(now.getTime() + 60 * 60_000) },
    { name: "In 3 hours", at: new Date(now.getTime() + 180 * 60_000) },
    { name: "This evening", at: at(0, 18) },
    { name: "Tomorrow morning", at: at(1, 9) },
    { name: "Next Monday", at: at(toMonday, 9) },
  ];
  const soonest = now.getTime() + 30 * 60_000;
  return times.filter((time, index) => {
    const twice = times.findIndex((other) => other.at.getTime() === time.at.getTime()) < index;
    return time.at.getTime() >= soonest && !twice;
  });
}
