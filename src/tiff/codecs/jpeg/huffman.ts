/**
 * A table of Huffman codes of a JPEG stream (ITU-T T.81, annexes C and F). The meaning of a code is packed into one
 * number, see {@link meaning}.
 */
export interface HuffmanTable {
  /** Meaning of the code at the start of the next {@link SHORT_BITS} bits; 0 if it is a longer code or none. */
  readonly short: Uint16Array;
  /** Meaning of each code, from the shortest to the longest. */
  readonly all: Uint16Array;
  /** For each length, the first 16 bits that do not begin with a code of this length or a shorter one. */
  readonly limits: Int32Array;
  /** For each length, what has to be added to a code of it to get its place in `all`. */
  readonly shifts: Int32Array;
}

/** Tables that a stream defines: of DC codes at their number, of AC codes at their number plus 4. */
export type HuffmanTables = readonly (HuffmanTable | undefined)[];

/** Longest code that is looked up in one step. Others are rare. */
export const SHORT_BITS = 10;

/** Flag of a code that is followed by a value: a coefficient that is not zero, or a difference of DC coefficients. */
export const HAS_VALUE = 0x8000;

/** Position of the number of bits in a meaning, and mask of how many coefficients the code advances by. */
export const BITS_AT = 8;
export const STEP_MASK = 255;

/** The number of coefficients for a code that ends a block: it leads to the end from any place in the block. */
const WHOLE_BLOCK = 64;

/**
 * The meaning of a code: by how many coefficients it advances, how many bits it has together with the value that
 * follows it, and whether a value follows. Never 0.
 */
function meaning(length: number, symbol: number, kind: 'dc' | 'ac'): number {
  const size = kind === 'dc' ? symbol : symbol & 15;
  const zeros = kind === 'dc' ? 0 : symbol >> 4;
  const step = kind === 'ac' && size === 0 && zeros < 15 ? WHOLE_BLOCK : zeros + 1;
  return (size > 0 ? HAS_VALUE : 0) | ((length + size) << BITS_AT) | step;
}

/** Meaning of the long code at the start of the 16 bits; 0 if there is none. */
export function longCode({ all, limits, shifts }: HuffmanTable, bits: number): number {
  for (let length = SHORT_BITS + 1; length <= 16; length++) {
    if (bits < limits[length]!) return all[(bits >> (16 - length)) + shifts[length]!]!;
  }
  return 0;
}

/**
 * Reads the tables of a segment DHT (ITU-T T.81, B.2.4.2) into `tables`.
 *
 * @returns whether the segment is well-formed
 */
export function readHuffmanTables(segment: Uint8Array, tables: (HuffmanTable | undefined)[]): boolean {
  for (let at = 0; at < segment.length; ) {
    const [kind, number] = [segment[at]! >> 4, segment[at]! & 15];
    const counts = segment.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const symbols = segment.subarray(at + 17, at + 17 + total);
    const table =
      kind > 1 || number > 3 || symbols.length < total ? undefined : tableOf(counts, symbols, kind === 0 ? 'dc' : 'ac');
    if (table === undefined) return false;
    tables[4 * kind + number] = table;
    at += 17 + total;
  }
  return true;
}

/**
 * Builds a table from the number of codes of each length and from what they stand for.
 *
 * @returns undefined if no such codes exist
 */
function tableOf(counts: Uint8Array, symbols: Uint8Array, kind: 'dc' | 'ac'): HuffmanTable | undefined {
  if (kind === 'dc' && symbols.some((size) => size > 15)) return undefined;
  const short = new Uint16Array(1 << SHORT_BITS);
  const all = new Uint16Array(symbols.length);
  const limits = new Int32Array(17);
  const shifts = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++, code <<= 1) {
    shifts[length] = index - code;
    for (let i = 0; i < counts[length - 1]!; i++, index++, code++) {
      all[index] = meaning(length, symbols[index]!, kind);
      const spare = SHORT_BITS - length;
      if (spare >= 0) short.fill(all[index]!, code << spare, (code + 1) << spare);
    }
    if (code > 1 << length) return undefined;
    limits[length] = code << (16 - length);
  }
  return { short, all, limits, shifts };
}
