import { wasm } from './loops.wasm.js';

/** What is used of WebAssembly, which the types of Node leave out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Loops };
};

/** Bytes of a page, the unit in which a memory grows. */
export const PAGE = 65_536;

/** Memory that a kernel works in. */
export interface KernelMemory {
  /** All of it; another one after it has grown. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** Loops over rectangles of float32: `rows` rows of `length` bytes. Places, and strides from one row to the next, are bytes of the memory. */
export interface Loops {
  /** Adds weights times scores to sums. Weights and scores have rows of one `stride`. */
  add(sums: number, weights: number, scores: number, sumStride: number, stride: number, length: number, rows: number): void;
  /**
   * Divides sums by weights and leaves zeros in place of the sums.
   *
   * @returns 0 where all quotients are numbers; else 1, and perhaps 1 where some are infinite
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

/** The loops of `assembly/loops.ts`, and the memory that they work in. */
export interface Kernel extends Loops {
  readonly memory: KernelMemory;
}

/** Makes a memory of one page, and the loops that work in it. */
export function createKernel(): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { add, divide } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } }).exports;
  return { memory, add, divide };
}
