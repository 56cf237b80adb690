import { wasm } from './loops.wasm.js';

/** The parts of WebAssembly that are used here. The types of Node leave them out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Loops };
};

/** Bytes of a page, the unit by which a memory grows. */
export const PAGE = 65_536;

/** Memory that a kernel works in. */
export interface KernelMemory {
  /** The whole memory. `grow` replaces this buffer. */
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
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
   * @returns 0 if all quotients are finite numbers; 1 if some are NaN, and perhaps also if some are infinite
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

/** Creates a memory of one page, and the loops that work in it. */
export function createKernel(): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { add, divide } = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } }).exports;
  return { memory, add, divide };
}
