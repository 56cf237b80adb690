import { wasm } from './loops.wasm.js';

/** The parts of WebAssembly that are used here. The types of Node leave them out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number; readonly shared: true }) => GrowingMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Loops & ScoreLoops };
};

/** A memory of WebAssembly that threads share. */
interface GrowingMemory {
  /** The whole memory. `grow` replaces this buffer; views of an earlier one stay valid. */
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** Bytes of a page, the unit by which a memory grows, and the pages that 32 bits address. */
export const PAGE = 65_536;
const MOST_PAGES = 65_536;

/** Memory that a kernel works in. */
export interface KernelMemory {
  /** The whole memory. `take` may replace this buffer. */
  readonly buffer: ArrayBufferLike;
  /** Allocates so many bytes, all 0, and returns where they start: a multiple of a page. Throws if they cannot be had. */
  take(bytes: number): number;
}

/** A memory in which several threads allocate. It can be sent to a thread as it is. */
export interface SharedRoom {
  readonly memory: GrowingMemory;
  /** The most pages that it can hold. */
  readonly maximum: number;
  /** The pages that are in use, and those that were in use before the room was cleared and may hold anything. */
  readonly pages: Int32Array<SharedArrayBuffer>;
}

/** The most bytes of a room: what 32 bits address. */
export const MOST_ROOM: number = MOST_PAGES * PAGE;

/**
 * Creates an empty room. Throws where WebAssembly gets no memory.
 *
 * @param most the most bytes that it will ever hold, at most {@link MOST_ROOM}. Their addresses are taken at once.
 */
export function createRoom(most: number = MOST_ROOM): SharedRoom {
  const maximum = Math.ceil(most / PAGE);
  const memory = new WebAssembly.Memory({ initial: 1, maximum, shared: true });
  return { memory, maximum, pages: new Int32Array(new SharedArrayBuffer(8)) };
}

/** Makes a room empty again. No thread may use it any more. Its memory stays, for the next use. */
export function clearRoom({ pages }: SharedRoom): void {
  pages[1] = Math.max(pages[0]!, pages[1]!);
  pages[0] = 0;
}

/** A room as memory of a kernel. */
export function memoryOf({ memory, maximum, pages }: SharedRoom): KernelMemory {
  return {
    get buffer() {
      return memory.buffer;
    },
    take(bytes) {
      const count = Math.ceil(bytes / PAGE);
      const first = Atomics.add(pages, 0, count);
      const end = first + count;
      try {
        if (!(end <= maximum)) throw new RangeError(`this memory of WebAssembly has at most ${maximum} pages`);
        // Another thread may have made it grow in the meantime.
        for (let have = 0; have < end; have = memory.buffer.byteLength / PAGE) {
          have = memory.buffer.byteLength / PAGE;
          if (have < end) memory.grow(end - have);
        }
      } catch (error) {
        Atomics.sub(pages, 0, count);
        throw error;
      }
      if (first < pages[1]!) new Uint8Array(memory.buffer, first * PAGE, count * PAGE).fill(0);
      return first * PAGE;
    },
  };
}

/**
 * Loops over rectangles of float32: `rows` rows of `length` bytes. Starts, and strides from one row to the next, are
 * in bytes of the memory.
 */
export interface Loops {
  /** Adds weights times scores to sums. Weights and scores have the same `stride`. */
  add(sums: number, weights: number, scores: number, sumStride: number, stride: number, length: number, rows: number): void;
  /**
   * Divides sums by weights and sets the sums to zero.
   *
   * @returns bits: {@link GAPS} if some weights are 0; {@link DOUBT} if some quotients with a weight are NaN, and perhaps
   *   also if some are infinite
   */
  divide(
    sums: number,
    weights: number,
    quotients: number,
    sumStride: number,
    weightStride: number,
    quotientStride: number,
    length: number,
    rows: number,
  ): number;
}

/** Bits of what {@link Loops.divide} returns. */
export const GAPS = 1;
export const DOUBT = 2;

/**
 * The loops of `LabelLoops` over planes in the memory. They handle {@link AT_ONCE} pixels at a time. For the last ones, what
 * lies beyond a plane is read, and what lies beyond labels and best scores is written.
 */
export interface ScoreLoops {
  mark(scores: number, labels: number, threshold: number, label: number, pixels: number): number;
  rise(scores: number, best: number, labels: number, label: number, pixels: number): void;
  contend(scores: number, best: number, labels: number, threshold: number, scale: number, label: number, pixels: number): void;
  /** How many pixels have a label. */
  tally(labels: number, label: number, pixels: number): number;
  countNumbers(scores: number, pixels: number): number;
}

/** How many pixels the loops of {@link ScoreLoops} handle at a time. */
export const AT_ONCE = 16;

/** Loops, and the memory that they work in. */
export interface Kernel extends Loops {
  readonly memory: KernelMemory;
  /** Undefined if there are none but the plain ones, which work in any memory. */
  readonly scoreLoops: ScoreLoops | undefined;
}

/** Creates the loops that work in a room; by default, in one of their own. */
export function createKernel(room: SharedRoom = createRoom()): Kernel {
  const { memory } = room;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } });
  return { memory: memoryOf(room), add: exports.add, divide: exports.divide, scoreLoops: exports };
}
