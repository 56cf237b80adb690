// Follows the Huffman codes of JPEG data, in AssemblyScript (assemblyscript.org): `npm run build` compiles this file to
// WebAssembly. `follow-plainly.ts` does the same in JavaScript, where WebAssembly gets no memory, and takes twice as
// long. Numbers are those of `huffman.ts`.

/** A table in the memory: meanings of short codes, meanings of all codes, limits, shifts. */
const ALL_AT: usize = 2048;
const LIMITS_AT: usize = 2560;
const SHIFTS_AT: usize = 2632;

const SHORT_BITS: u32 = 10;
const HAS_VALUE: u32 = 0x8000;

/** Bytes behind the data of a stretch that a block may read before it is found to reach too far. */
const PADDING: usize = 256;

// How a stretch ended; as in `follow.ts`.
const DONE: i32 = 0;
const NO_CODE: i32 = 1;
const TOO_MANY: i32 = 2;
const TOO_SHORT: i32 = 3;
const TOO_LONG: i32 = 4;

/**
 * Follows the codes of some units up to the next marker.
 *
 * @param input first byte of the stretch; `end` is that after the last one of the stream
 * @param data memory for the bytes of the stretch without stuffing, and {@link PADDING} more
 * @param blocks for each block of a unit, where its tables of DC and AC codes lie
 * @param told memory for two numbers: the byte of the marker, and the unit that is at fault
 */
export function follow(input: usize, end: usize, data: usize, blocks: usize, count: i32, units: i32, told: usize): i32 {
  const length = unstuff(input, end, data, told);
  memory.fill(data + length, 0, PADDING);
  const lastBit = (<u32>length) << 3;
  const blocksEnd = blocks + ((<usize>count) << 3);
  // The next bits, from the highest on, how many of them are to be read, and the byte that comes after them.
  let bits: u64 = 0;
  let left: u32 = 0;
  let next = data;
  for (let unit = 0; unit < units; unit++) {
    for (let block = blocks; block < blocksEnd; block += 8) {
      let table: usize = load<u32>(block);
      const ac: usize = load<u32>(block, 4);
      let code: u32 = 0;
      let coefficients: u32 = 0;
      do {
        // A code and its value have 31 bits at most.
        if (left < 32) {
          bits |= bswap(load<u64>(next)) >>> left;
          next += (63 - left) >>> 3;
          left |= 56;
        }
        code = load<u16>(table + <usize>((bits >>> (64 - SHORT_BITS)) << 1));
        if (code === 0) code = longCode(table, <u32>(bits >>> 48));
        if (code === 0) return ended(told, unit, NO_CODE);
        const size = (code & ~HAS_VALUE) >>> 8;
        bits <<= size;
        left -= size;
        coefficients += code & 255;
        table = ac;
      } while (coefficients < 64);
      if (coefficients > 64 && (code & HAS_VALUE) !== 0) return ended(told, unit, TOO_MANY);
      if (bitsRead(next - data, left) > lastBit) return ended(told, unit, TOO_SHORT);
    }
  }
  return ended(told, units, lastBit - bitsRead(next - data, left) >= 8 ? TOO_LONG : DONE);
}

function bitsRead(bytes: usize, left: u32): u32 {
  return ((<u32>bytes) << 3) - left;
}

function ended(told: usize, unit: i32, kind: i32): i32 {
  store<i32>(told, unit, 4);
  return kind;
}

function longCode(table: usize, bits: u32): u32 {
  for (let length: u32 = SHORT_BITS + 1; length <= 16; length++) {
    if (<i32>bits >= load<i32>(table + LIMITS_AT + (length << 2))) continue;
    const index = <i32>(bits >>> (16 - length)) + load<i32>(table + SHIFTS_AT + (length << 2));
    return load<u16>(table + ALL_AT + (index << 1));
  }
  return 0;
}

/**
 * Copies the data up to the next marker. Leaves out the zeros that tell a data byte of 255 from a marker, and fill
 * bytes before such a byte of 255. Tells where the marker is, or `end`.
 *
 * @returns how many bytes were copied
 */
function unstuff(input: usize, end: usize, data: usize, told: usize): usize {
  const stuffed = i8x16.splat(-1);
  let at = input;
  let to = data;
  while (at < end) {
    // May read and write a few bytes too many, for which there is room behind both.
    const bytes = v128.load(at);
    v128.store(to, bytes);
    const found = i8x16.bitmask(i8x16.eq(bytes, stuffed));
    const step = <usize>ctz(found | 0x10000);
    if (at + step >= end) {
      to += end - at;
      at = end;
      break;
    }
    at += step;
    to += step;
    if (step === 16) continue;
    let last = at;
    while (last + 1 < end && load<u8>(last, 1) === 0xff) last++;
    if (last + 1 >= end || load<u8>(last, 1) !== 0) break;
    store<u8>(to++, 0xff);
    at = last + 2;
  }
  store<u32>(told, <u32>at);
  return to - data;
}
