import type { FormatRange } from "@/api/types";

const pairs: [RegExp, string][] = [
  [/```([^`]+)```/g, "pre"],
  [/`([^`\n]+)`/g, "code"],
  [/(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])/g, "bold"],
  [/(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])/g, "italic"],
  [/(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])/g, "strike"],
];

const labelled = /\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)/g;

/** A stretch of text with the styles that hold all through it. */
export interface Stretch {
  text: string;
  styles: string[];
  url?: string;
}

/** The marks that agents write as ranges, and where the marks themselves stand, in UTF-16 units. */
function markedRanges(text: string): { ranges: FormatRange[]; hidden: Set<number> } {
  const ranges: FormatRange[] = [];
  const hidden = new Set<number>();
  for (const [pattern, style] of pairs) {
    for (const match of text.matchAll(pattern)) {
      const width = style === "pre" ? 3 : 1;
      const end = match.index + match[0].length;
      if (ranges.some((range) => (range.style === "pre" || range.style === "code") && match.index >= range.start && end <= range.start + range.length)) continue;
      ranges.push({ start: match.index, length: match[0].length, style });
      for (let at = 0; at < width; at++) hidden.add(match.index + at).add(end - 1 - at);
    }
  }
  for (const match of text.matchAll(labelled)) {
    const [whole, label = "", url = ""] = match;
    const end = match.index + whole.length;
    ranges.push({ start: match.index, length: whole.length, style: "link", url });
    hidden.add(match.index);
    for (let at = match.index + 1 + label.length; at < end; at++) hidden.add(at);
  }
  return { ranges, hidden };
}

/** The server counts ranges in Unicode characters, JavaScript in UTF-16 units. */
function inUnits(text: string, ranges: FormatRange[]): FormatRange[] {
  const starts: number[] = [];
  let unit = 0;
  for (const letter of text) {
    starts.push(unit);
    unit += letter.length;
  }
  const at = (index: number) => starts[index] ?? text.length;
  return ranges.map((range) => ({ ...range, start: at(range.start), length: at(range.start + range.length) - at(range.start) }));
}

const addresses = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** Cuts a text into stretches of one style; web addresses become links. Of a `marked` text the marks are taken out. */
export function stretches(text: string, ranges: FormatRange[] | undefined, marked: boolean): Stretch[] {
  const found = ranges?.length ? { ranges: inUnits(text, ranges), hidden: new Set<number>() } : marked ? markedRanges(text) : { ranges: [], hidden: new Set<number>() };
  const links = [...text.matchAll(addresses)].map((match) => ({ start: match.index, length: match[0].length, style: "link", url: match[0] }));
  const all = [...found.ranges, ...links];
  const cuts = new Set([0, text.length]);
  for (const range of all) cuts.add(range.start).add(range.start + range.length);
  const order = [...cuts].filter((cut) => cut >= 0 && cut <= text.length).sort((a, b) => a - b);
  const out: Stretch[] = [];
  for (const [index, start] of order.entries()) {
    const end = order[index + 1];
    if (end === undefined) break;
    const holding = all.filter((range) => range.start <= start && range.start + range.length >= end);
    const shown = [...text.slice(start, end)].length ? visible(text, start, end, found.hidden) : "";
    if (shown) out.push({ text: shown, styles: holding.map((range) => range.style), url: safe(holding.find((range) => range.url)?.url) });
  }
  return out;
}

function visible(text: string, start: number, end: number, hidden: Set<number>): string {
  if (hidden.size === 0) return text.slice(start, end);
  let out = "";
  for (let at = start; at < end; at++) if (!hidden.has(at)) out += text[at] ?? "";
  return out;
}

/** Only web, mail and phone addresses are ever followed. */
function safe(url: string | null | undefined): string | undefined {
  return url && /^(https?:|mailto:|tel:)/i.test(url) ? url : undefined;
}
