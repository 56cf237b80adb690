import { wasm } from './follow.wasm.js';
import { createPlainFollower } from './follow-plainly.js';
import type { BlockCodes, Followed, Follower } from './follower.js';

/** The parts of WebAssembly that are used here. The types of Node leave them out. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
  }) => {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: CodeLoops };
};

/** Bytes of a page, the unit by which a memory grows, and the pages that 32 bits address. */
const PAGE = 65_536;
const MOST_PAGES = 65_536;

/** What is wrong with a stretch, by the number that `assembly/follow.ts` gives. */
const FAULTS: readonly Followed['fault'][] = ['none', 'no code', 'too many coefficients', 'too short', 'too long'];

/** What `assembly/follow.ts` exports. All but the numbers of blocks and units are bytes of the memory. */
interface CodeLoops {
  follow(input: number, end: number, data: number, blocks: number, count: number, units: number, told: number): number;
}

// The memory: tables, two numbers that the code tells, the blocks of a unit, the data as they are and without stuffing.
const TABLE_BYTES = 4096;
const ALL_AT = 2048;
const LIMITS_AT = 2560;
const SHIFTS_AT = 2632;
const TOLD_AT: number = 8 * TABLE_BYTES;
const BLOCKS_AT: number = TOLD_AT + 16;

/** Bytes behind data that may be read or written: a block reads 248 at most, and data are copied 16 at a time. */
const PADDING = 272;

/** A follower for this thread: in WebAssembly, or without it where it gets no memory. */
export function createFollower(): Follower {
  try {
    return createWasmFollower();
  } catch (thrown) {
    if (thrown instanceof RangeError) return createPlainFollower();
    throw thrown;
  }
}

/** Throws a RangeError where WebAssembly gets no memory. */
function createWasmFollower(): Follower {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  const { exports: loops } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } });
  let known: readonly BlockCodes[] | undefined;
  let [inputAt, dataAt, length] = [0, 0, 0];

  return {
    begin(data, blocks) {
      length = data.length;
      inputAt = BLOCKS_AT + 16 * Math.ceil(blocks.length / 2);
      dataAt = inputAt + length + PADDING;
      const missing = Math.ceil((dataAt + length + PADDING) / PAGE) - memory.buffer.byteLength / PAGE;
      if (missing > 0) memory.grow(missing);
      if (blocks !== known) putBlocks(memory.buffer, blocks);
      known = blocks;
      new Uint8Array(memory.buffer, inputAt, length).set(data);
    },
    follow(from, units) {
      const count = known!.length;
      const fault = loops.follow(inputAt + from, inputAt + length, dataAt, BLOCKS_AT, count, units, TOLD_AT);
      const [markerAt, unit] = new Uint32Array(memory.buffer, TOLD_AT, 2);
      return { fault: FAULTS[fault]!, unit: unit!, markerAt: markerAt! - inputAt };
    },
  };
}

/** Writes tables, each once, and for each block which tables it has. */
function putBlocks(buffer: ArrayBuffer, blocks: readonly BlockCodes[]): void {
  const tables = [...new Set(blocks.flatMap(({ dc, ac }) => [dc, ac]))];
  for (const [index, { short, all, limits, shifts }] of tables.entries()) {
    const at = index * TABLE_BYTES;
    new Uint16Array(buffer, at, short.length).set(short);
    new Uint16Array(buffer, at + ALL_AT, all.length).set(all);
    new Int32Array(buffer, at + LIMITS_AT, limits.length).set(limits);
    new Int32Array(buffer, at + SHIFTS_AT, shifts.length).set(shifts);
  }
  const places = blocks.flatMap(({ dc, ac }) => [tables.indexOf(dc) * TABLE_BYTES, tables.indexOf(ac) * TABLE_BYTES]);
  new Uint32Array(buffer, BLOCKS_AT, places.length).set(places);
}
