const number = "(-?\\d{1,3}(?:\\.\\d+)?)";
/** In the order in which a link's parts are to be trusted: a marked place before the middle of the map. */
const forms = [
  new RegExp(`!3d${number}!4d${number}`),
  new RegExp(`[?&]mlat=${number}&mlon=${number}`),
  new RegExp(`[?&](?:q|query|ll|destination)=${number}(?:,|%2C)\\s*${number}`, "i"),
  new RegExp(`@${number},${number}`),
  new RegExp(`#map=[\\d.]+/${number}/${number}`),
  new RegExp(`^\\s*${number}\\s*[,;\\s]\\s*${number}\\s*$`),
];

/** Reads coordinates out of what people copy: a pair of numbers, or a map's address. */
export function readPlace(text: string): { latitude: number; longitude: number } | undefined {
  for (const form of forms) {
    const [, latitude, longitude] = (form.exec(text) ?? []).map(Number);
    if (latitude === undefined || longitude === undefined) continue;
    if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  }
  return undefined;
}
