import { DOUBT, GAPS, type Kernel, type KernelMemory, PAGE } from './kernel.js';

/**
 * The loops of the stitch without WebAssembly, for a process in which WebAssembly gets no memory. They give the same
 * bits and take four to five times as long. Products and quotients are rounded to float32 before they are added, as
 * the WebAssembly instructions do.
 */
export function createLoops(): Kernel {
  const memory = plainMemory();
  return {
    memory,
    scoreLoops: undefined,
    add(sums, weights, scores, sumStride, stride, length, rows) {
      const floats = new Float32Array(memory.buffer);
      const [count, fround] = [length / 4, Math.fround];
      for (let row = 0; row < rows; row++) {
        const to = (sums + row * sumStride) / 4;
        const weight = (weights + row * stride) / 4;
        const score = (scores + row * stride) / 4;
        for (let i = 0; i < count; i++) floats[to + i]! += fround(floats[weight + i]! * floats[score + i]!);
      }
    },
    divide(sums, weights, quotients, sumStride, weightStride, quotientStride, length, rows) {
      const floats = new Float32Array(memory.buffer);
      const count = length / 4;
      let total = 0;
      let hasGaps = false;
      for (let row = 0; row < rows; row++) {
        const from = (sums + row * sumStride) / 4;
        const weight = (weights + row * weightStride) / 4;
        const to = (quotients + row * quotientStride) / 4;
        for (let i = 0; i < count; i++) {
          const divisor = floats[weight + i]!;
          const quotient = floats[from + i]! / divisor;
          floats[to + i] = quotient;
          floats[from + i] = 0;
          if (divisor === 0) hasGaps = true;
          else total += quotient;
        }
      }
      return (hasGaps ? GAPS : 0) | (Number.isNaN(total) ? DOUBT : 0);
    },
  };
}

/**
 * Creates a memory that is a plain buffer. To grow, its content is copied to a larger buffer. So that this is rare,
 * the size at least doubles, unless that would be more than 2^28 bytes beyond what is needed. Memory that is not used
 * yet takes addresses only.
 */
function plainMemory(): KernelMemory {
  let buffer = new ArrayBuffer(PAGE);
  let end = 0;
  return {
    get buffer() {
      return buffer;
    },
    take(bytes) {
      const start = end;
      const due = start + Math.ceil(bytes / PAGE) * PAGE;
      if (due > buffer.byteLength) {
        const grown = new ArrayBuffer(Math.max(due, Math.min(2 * buffer.byteLength, due + 2 ** 28)));
        new Uint8Array(grown).set(new Uint8Array(buffer));
        buffer = grown;
      }
      end = due;
      return start;
    },
  };
}
