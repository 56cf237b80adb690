/** A pool of memory for the scores of windows. */
export interface ScoreMemory {
  /** Memory for the scores of one window, with undefined contents. */
  take(): Float32Array<ArrayBuffer>;
  /** Returns memory to the pool. */
  recycle(scores: Float32Array<ArrayBuffer>): void;
}

/** Memory in pieces of `length` floats. */
export function createMemory(length: number): ScoreMemory {
  const spare: Float32Array<ArrayBuffer>[] = [];
  return {
    take: () => spare.pop() ?? new Float32Array(length),
    recycle: (scores) => void spare.push(scores),
  };
}
