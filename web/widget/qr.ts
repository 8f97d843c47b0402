/**
 * QR codes (ISO/IEC 18004) of texts in ASCII: byte mode, error correction M, versions 1 to 20, which is up to 666 letters. Pix's codes are
 * far shorter.
 */

/** Of each version: codewords of error correction per block, and the number of blocks. */
const correction = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const blocks = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

type Grid = boolean[][];

/** The code's modules, row by row, dark ones true; without the quiet zone. `null` for what does not fit. */
export function qr(text: string): Grid | null {
  const bytes = new TextEncoder().encode(text);
  const version = correction.findIndex((_, at) => room(at + 1) >= bytes.length + (at < 9 ? 2 : 3)) + 1;
  if (version === 0) return null;
  const words = woven(dataOf(bytes, version), version);
  const codes = Array.from({ length: 8 }, (_, mask) => drawn(words, version, mask));
  return codes.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

/** Codewords of a version in all. */
function whole(version: number): number {
  const align = version > 1 ? Math.floor(version / 7) + 2 : 0;
  const around = align ? (25 * align - 10) * align - 55 : 0;
  return ((16 * version + 128) * version + 64 - around - (version >= 7 ? 36 : 0)) >> 3;
}

/** Those that carry data. */
function room(version: number): number {
  return whole(version) - (correction[version - 1] ?? 0) * (blocks[version - 1] ?? 0);
}

/** Mode, length, the bytes, and padding. */
function dataOf(bytes: Uint8Array, version: number): number[] {
  const size = room(version);
  const bits: number[] = [];
  const push = (value: number, length: number) => {
    for (let at = length - 1; at >= 0; at--) bits.push((value >> at) & 1);
  };
  push(4, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, size * 8 - bits.length));
  push(0, -bits.length & 7);
  for (let pad = 0xec; bits.length < size * 8; pad ^= 0xfd) push(pad, 8);
  return Array.from({ length: size }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0));
}

/** In the field of 256 elements over x⁸+x⁴+x³+x²+1. */
function times(one: number, other: number): number {
  let product = 0;
  for (let at = 7; at >= 0; at--) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((other >> at) & 1) * one);
  return product;
}

/** Reed and Solomon's remainder. */
function remainder(data: number[], length: number): number[] {
  let divisor = [...Array<number>(length - 1).fill(0), 1];
  for (let root = 1, at = 0; at < length; at++, root = times(root, 2)) divisor = divisor.map((one, index) => times(one, root) ^ (divisor[index + 1] ?? 0));
  let rest = Array<number>(length).fill(0);
  for (const word of data) {
    const factor = word ^ (rest[0] ?? 0);
    rest = [...rest.slice(1), 0].map((one, index) => one ^ times(divisor[index] ?? 0, factor));
  }
  return rest;
}

/** The blocks with their corrections, word by word from each in turn. */
function woven(data: number[], version: number): number[] {
  const [count = 1, extra = 10] = [blocks[version - 1], correction[version - 1]];
  const short = Math.floor(data.length / count);
  const shorts = count - (data.length % count);
  let at = 0;
  const parts = Array.from({ length: count }, (_, index) => data.slice(at, (at += short + (index < shorts ? 0 : 1))));
  const ends = parts.map((part) => remainder(part, extra));
  const turn = (lists: number[][], length: number) => Array.from({ length }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flat();
  return [...turn(parts, short + 1), ...turn(ends, extra)];
}

function drawn(words: number[], version: number, mask: number): Grid {
  const size = version * 4 + 17;
  const grid: Grid = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const fixed: Grid = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  const set = (x: number, y: number, dark: boolean) => {
    const [row, kept] = [grid[y], fixed[y]];
    if (!row || !kept || x < 0 || x >= size) return;
    row[x] = dark;
    kept[x] = true;
  };
  for (let at = 0; at < size; at++) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  const rings = (cx: number, cy: number, reach: number, light: number[]) => {
    for (let y = -reach; y <= reach; y++) for (let x = -reach; x <= reach; x++) set(cx + x, cy + y, !light.includes(Math.max(Math.abs(x), Math.abs(y))));
  };
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) rings(x, y, 4, [2, 4]);
  const places = alignments(version, size);
  const last = places.length - 1;
  places.forEach((x, i) => places.forEach((y, j) => (i === 0 && (j === 0 || j === last)) || (i === last && j === 0) || rings(x, y, 2, [1])));
  label(set, version, mask, size);
  let bit = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        const row = grid[y];
        if (!row || fixed[y]?.[x]) continue;
        row[x] = (((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1 !== masked(mask, x, y);
        bit++;
      }
    }
  }
  return grid;
}

function alignments(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => size - 7 - step * (count - 2 - at))];
}

/** Which mask it is, and from version 7 on, which version. */
function label(set: (x: number, y: number, dark: boolean) => void, version: number, mask: number, size: number): void {
  let rest = mask;
  for (let at = 0; at < 10; at++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const form = ((mask << 10) | rest) ^ 0x5412;
  for (let at = 0; at < 15; at++) {
    const dark = ((form >> at) & 1) === 1;
    set(8, at < 6 ? at : at < 8 ? at + 1 : size - 15 + at, dark);
    set(at < 8 ? size - 1 - at : at < 9 ? 7 : 14 - at, 8, dark);
  }
  set(8, size - 8, true);
  if (version < 7) return;
  rest = version;
  for (let at = 0; at < 12; at++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let at = 0; at < 18; at++) {
    const dark = ((bits >> at) & 1) === 1;
    const [far, near] = [size - 11 + (at % 3), Math.floor(at / 3)];
    set(far, near, dark);
    set(near, far, dark);
  }
}

function masked(mask: number, x: number, y: number): boolean {
  const [sum, product] = [x + y, x * y];
  const rules = [sum % 2, y % 2, x % 3, sum % 3, (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (product % 2) + (product % 3), ((product % 2) + (product % 3)) % 2, ((sum % 2) + (product % 3)) % 2];
  return rules[mask] === 0;
}

/** How hard it is to read: long runs, squares, what looks like a corner, too much of one shade. */
function penalty(grid: Grid): number {
  const lines = [...grid, ...grid.map((_, at) => grid.map((row) => row[at] ?? false))].map((line) => line.map(Number).join(""));
  const runs = lines.flatMap((line) => line.match(/0{5,}|1{5,}/g) ?? []).reduce((sum, run) => sum + run.length - 2, 0);
  const corners = lines.reduce((sum, line) => sum + (line.match(/(?=10111010000|00001011101)/g)?.length ?? 0) * 40, 0);
  let squares = 0;
  let dark = 0;
  grid.forEach((row, y) =>
    row.forEach((one, x) => {
      dark += Number(one);
      if (row[x + 1] === one && grid[y + 1]?.[x] === one && grid[y + 1]?.[x + 1] === one) squares += 3;
    }),
  );
  return runs + corners + squares + Math.floor(Math.abs(dark / grid.length ** 2 - 0.5) * 20) * 10;
}
