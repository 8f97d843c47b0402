import type { Abilities, MediaKind } from "@/api/types";
import { acceptsMime, fileSize, measure } from "@/lib/text";

/** How a text stands to the channel's limit. Shown only when it matters: in the last tenth, and beyond. */
export interface Counter {
  length: number;
  max: number;
  shown: boolean;
  over: boolean;
}

export function counter(text: string, abilities: Abilities | undefined, note: boolean, withFiles: boolean): Counter {
  const max = note || !abilities ? 20_000 : withFiles ? abilities.text.caption_max : abilities.text.max;
  const length = measure(text, note || !abilities ? "characters" : abilities.text.unit);
  return { length, max, shown: length > max * 0.9, over: length > max };
}

/** What a file is for the channel, or why it cannot go there. */
export function fileFit(file: { type: string; size: number; name: string }, abilities: Abilities, channelName: string): { kind: MediaKind } | { refusal: string } {
  const type = file.type || "application/octet-stream";
  const fits = abilities.media.filter((media) => media.kind !== "voice" && media.kind !== "sticker" && acceptsMime(media.mime, type));
  const taken = fits.find((media) => file.size <= media.max_bytes);
  if (taken) return { kind: taken.kind };
  const document = abilities.media.find((media) => media.kind === "document" && acceptsMime(media.mime, type) && file.size <= media.max_bytes);
  if (document) return { kind: "document" };
  const largest = Math.max(0, ...fits.map((media) => media.max_bytes));
  if (largest > 0) return { refusal: `${file.name} is ${fileSize(file.size)}; ${channelName} takes up to ${fileSize(largest)}.` };
  return { refusal: `${channelName} does not take files like ${file.name}.` };
}
