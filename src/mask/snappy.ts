/** Copies reach back at most this far, because two bytes hold the distance. */
const FARTHEST = 0xffff;

/** The last bytes of the input are not looked up, so that four bytes can always be read. */
const MARGIN = 15;

/** Places of the last four equal bytes, by their hash; the memory is used again. */
const tables: (Uint32Array | undefined)[] = [];

/** The most bits of a hash. */
const MOST_BITS = 14;

/**
 * Compresses bytes as a raw Snappy block (https://github.com/google/snappy/blob/main/format_description.txt), with the
 * greedy search of Google's implementation: a table of places by the hash of four bytes, and steps that grow where
 * nothing matches.
 */
export function snappy(input: Uint8Array): Uint8Array {
  const { length } = input;
  const out = new Uint8Array(32 + length + Math.ceil(length / 6));
  const view = new DataView(input.buffer, input.byteOffset, length);
  const bits = Math.max(1, Math.min(MOST_BITS, 31 - Math.clz32(length)));
  const shift = 32 - bits;
  const table = tables[bits] ?? new Uint32Array(2 ** bits);
  tables[bits] = table;
  table.fill(0);
  let at = putLength(out, length);
  /** The first byte that is not in the output yet. */
  let from = 0;
  const last = length - MARGIN;
  for (let place = 1; place <= last; place++) {
    // Looks for the next four bytes that were there before.
    let skip = 32;
    let four = view.getInt32(place, true);
    let found = 0;
    for (;;) {
      const hash = Math.imul(four, 0x1e35a7bd) >>> shift;
      found = table[hash]!;
      table[hash] = place;
      if (place - found <= FARTHEST && four === view.getInt32(found, true)) break;
      place += skip++ >>> 5;
      if (place > last) return finish();
      four = view.getInt32(place, true);
    }
    at = putLiteral(out, at, input, from, place);
    do {
      const end = matchEnd(view, found + 4, place + 4, length);
      at = putCopy(out, at, place - found, end - place);
      from = place = end;
      if (place >= last) return finish();
      table[Math.imul(view.getInt32(place - 1, true), 0x1e35a7bd) >>> shift] = place - 1;
      four = view.getInt32(place, true);
      const hash = Math.imul(four, 0x1e35a7bd) >>> shift;
      found = table[hash]!;
      table[hash] = place;
    } while (place - found <= FARTHEST && four === view.getInt32(found, true));
  }
  return finish();

  function finish(): Uint8Array {
    return out.subarray(0, from < length ? putLiteral(out, at, input, from, length) : at);
  }
}

function putLength(out: Uint8Array, length: number): number {
  let at = 0;
  let rest = length;
  for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128;
  out[at++] = rest;
  return at;
}

/** The place after the bytes from `b` on that are equal to those from `a` on. */
function matchEnd(view: DataView, a: number, b: number, length: number): number {
  let end = b;
  const ahead = b - a;
  while (end + 4 <= length && view.getInt32(end, true) === view.getInt32(end - ahead, true)) end += 4;
  while (end < length && view.getUint8(end) === view.getUint8(end - ahead)) end++;
  return end;
}

function putLiteral(out: Uint8Array, start: number, input: Uint8Array, from: number, to: number): number {
  let at = start;
  const more = to - from - 1;
  if (more < 60) out[at++] = more << 2;
  else {
    const bytes = more < 0x100 ? 1 : more < 0x10000 ? 2 : more < 0x1000000 ? 3 : 4;
    out[at++] = (59 + bytes) << 2;
    for (let i = 0; i < bytes; i++) out[at++] = more >>> (8 * i);
  }
  if (more < 32) for (let i = from; i < to; i++) out[at++] = input[i]!;
  else {
    out.set(input.subarray(from, to), at);
    at += to - from;
  }
  return at;
}

function putCopy(out: Uint8Array, start: number, distance: number, count: number): number {
  let at = start;
  let left = count;
  for (; left >= 68; left -= 64) at = putThree(out, at, distance, 64);
  if (left > 64) {
    at = putThree(out, at, distance, 60);
    left -= 60;
  }
  if (left >= 12 || distance >= 2048) return putThree(out, at, distance, left);
  out[at++] = 1 | ((left - 4) << 2) | ((distance >>> 8) << 5);
  out[at++] = distance;
  return at;
}

function putThree(out: Uint8Array, at: number, distance: number, count: number): number {
  out[at] = 2 | ((count - 1) << 2);
  out[at + 1] = distance;
  out[at + 2] = distance >>> 8;
  return at + 3;
}
