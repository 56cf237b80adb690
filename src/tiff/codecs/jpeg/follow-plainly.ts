import type { BlockCodes, Followed, Follower } from './follower.js';
import { BITS_AT, HAS_VALUE, type HuffmanTable, longCode, SHORT_BITS, STEP_MASK } from './huffman.js';

/**
 * The follower without WebAssembly, for a process in which WebAssembly gets no memory. It finds the same and takes twice
 * as long.
 */
export function createPlainFollower(): Follower {
  let input: Uint8Array = new Uint8Array();
  let unit: readonly BlockCodes[] = [];
  let data = new Uint8Array();
  return {
    begin(bytes, blocks) {
      input = bytes;
      unit = blocks;
      if (data.length < bytes.length + PADDING) data = new Uint8Array(bytes.length + PADDING);
    },
    follow: (from, units) => followCodes(input, from, unit, units, data),
  };
}

/**
 * Spare bytes after the data of a stretch. They are more than one block can read before it is found to reach too far:
 * 64 codes with their values.
 */
const PADDING = 256;

/**
 * Copies the data up to the next marker into `data`. Leaves out the zeros that tell a data byte of 255 from a marker,
 * and fill bytes before such a byte of 255.
 *
 * @returns how many bytes were copied, and the offset of the marker, or the end if there is none
 */
function unstuff(bytes: Uint8Array, start: number, data: Uint8Array): { length: number; markerAt: number } {
  const end = bytes.length;
  let length = 0;
  let at = start;
  while (at < end) {
    const found = bytes.indexOf(0xff, at);
    const next = found < 0 ? end : found;
    data.set(bytes.subarray(at, next), length);
    length += next - at;
    at = next;
    let last = at;
    while (last + 1 < end && bytes[last + 1] === 0xff) last++;
    if (last + 1 >= end || bytes[last + 1] !== 0) break;
    data[length++] = 0xff;
    at = last + 2;
  }
  return { length, markerAt: at };
}

/** @param data memory for the bytes of the stretch, and {@link PADDING} more */
function followCodes(
  bytes: Uint8Array,
  start: number,
  blocks: readonly BlockCodes[],
  units: number,
  data: Uint8Array,
): Followed {
  const { length, markerAt } = unstuff(bytes, start, data);
  data.fill(0, length, length + PADDING);
  const lastBit = length * 8;
  let bit = 0;
  for (let unit = 0; unit < units; unit++) {
    for (const block of blocks) {
      const next = followBlock(data, bit, block);
      if (typeof next === 'string') return { fault: next, unit, markerAt };
      bit = next;
      if (bit > lastBit) return { fault: 'too short', unit, markerAt };
    }
  }
  return { fault: lastBit - bit >= 8 ? 'too long' : 'none', unit: units, markerAt };
}

/**
 * Follows the codes of one block.
 *
 * @param from number of the first bit in `data`
 * @returns number of the bit after the block, or what is wrong
 */
function followBlock(data: Uint8Array, from: number, { dc, ac }: BlockCodes): number | 'no code' | 'too many coefficients' {
  let table: HuffmanTable = dc;
  let bit = from;
  let code = 0;
  let coefficients = 0;
  while (coefficients < 64) {
    const at = bit >> 3;
    const next = ((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!) << (bit & 7);
    code = table.short[(next >> (24 - SHORT_BITS)) & ((1 << SHORT_BITS) - 1)]!;
    if (code === 0) code = longCode(table, (next >> 8) & 0xffff);
    if (code === 0) return 'no code';
    bit += (code & ~HAS_VALUE) >> BITS_AT;
    coefficients += code & STEP_MASK;
    table = ac;
  }
  return coefficients > 64 && (code & HAS_VALUE) !== 0 ? 'too many coefficients' : bit;
}
