/** A zone of the IANA's list, with the difference that its clocks show today. */
export interface Zone {
  id: string;
  /** `Berlin, Europe` */
  name: string;
  /** `UTC+02:00` */
  offset: string;
}

/** The zones that this browser knows, from west to east, UTC first. */
export function timeZones(now = new Date()): Zone[] {
  const zones = Intl.supportedValuesOf("timeZone").map((id) => ({ ...zone(id, now), minutes: minutes(offset(id, now)) }));
  return [zone("UTC", now), ...zones.filter(({ id }) => id !== "UTC").toSorted((a, b) => a.minutes - b.minutes || a.name.localeCompare(b.name))];
}

export function zone(id: string, now = new Date()): Zone {
  const [city = id, ...region] = id.replaceAll("_", " ").split("/").reverse();
  return { id, name: region.length ? `${city}, ${region.join(", ")}` : city, offset: offset(id, now) };
}

/** The zone of who looks. */
export function here(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

function offset(id: string, now: Date): string {
  try {
    const said = new Intl.DateTimeFormat("en", { timeZone: id, timeZoneName: "longOffset" }).formatToParts(now).find((part) => part.type === "timeZoneName")?.value ?? "";
    return said.replace("GMT", "UTC");
  } catch {
    // A zone that is stored and that this browser does not know.
    return "";
  }
}

function minutes(offset: string): number {
  const [, sign = "+", hours = "0", rest = "0"] = /UTC([+-])(\d+):(\d+)/.exec(offset) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(rest));
}
