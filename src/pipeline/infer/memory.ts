/** Memory for scores of windows, which is used again. */
export interface ScoreMemory {
  /** Room for the scores of one window, which may hold anything. */
  take(): Float32Array<ArrayBuffer>;
  /** Takes room back. */
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
