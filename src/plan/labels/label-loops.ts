/** The labels of pixels, and the best score so far of each of them. */
export interface Winners {
  readonly labels: Uint8Array;
  readonly best: Float32Array;
}

/** A channel that has a threshold, so that it may win a pixel. */
export interface Rival {
  readonly scores: Float32Array;
  readonly threshold: number;
  /** What a score is multiplied by, to be compared with the best one. */
  readonly scale: number;
  readonly label: number;
}

/** The inner loops by which scores become labels. Scores are one plane of a block, a number for each pixel. */
export interface LabelLoops {
  /** Memory for so many labels. It may hold anything, and may be the same at each call. */
  labels(pixels: number): Uint8Array;
  /** Memory for so many best scores, likewise. */
  best(pixels: number): Float32Array;
  /** Gives each pixel whose score exceeds the threshold the label, and any other pixel 0. Returns how many exceed it. */
  mark(rival: Rival, labels: Uint8Array): number;
  /** Gives each pixel whose score exceeds the best one the label; its score is the best one then. */
  rise(scores: Float32Array, label: number, winners: Winners): void;
  /**
   * {@link LabelLoops.rise} for scores that exceed the threshold, multiplied by the scale. The product is rounded to
   * float32.
   */
  contend(rival: Rival, winners: Winners): void;
  /** How many pixels have each label, by label. No pixel has one that is not in the list, except 0. */
  tally(labels: Uint8Array, listed: readonly number[]): Uint32Array;
  /** How many scores are numbers, not NaN. */
  countNumbers(scores: Float32Array): number;
}

/** The loops in JavaScript, for scores anywhere in memory. */
export const plainLabelLoops: LabelLoops = {
  labels: (pixels) => new Uint8Array(pixels),
  best: (pixels) => new Float32Array(pixels),
  // It has no branch: at the borders of small objects, branch mispredictions would take longer than everything else here. It
  // handles four pixels at a time, because V8 does not unroll loops.
  mark({ scores, threshold, label }, labels) {
    const words = new Int32Array(labels.buffer, labels.byteOffset, labels.length >> 2);
    let hits = 0;
    let i = 0;
    for (; i + 4 <= scores.length; i += 4) {
      const a = Number(scores[i]! > threshold);
      const b = Number(scores[i + 1]! > threshold);
      const c = Number(scores[i + 2]! > threshold);
      const d = Number(scores[i + 3]! > threshold);
      words[i >> 2] = (a | (b << 8) | (c << 16) | (d << 24)) * label;
      hits += a + b + c + d;
    }
    for (; i < scores.length; i++) {
      const hit = Number(scores[i]! > threshold);
      labels[i] = hit * label;
      hits += hit;
    }
    return hits;
  },
  rise(scores, label, { labels, best }) {
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      if (score > best[i]!) {
        best[i] = score;
        labels[i] = label;
      }
    }
  },
  contend({ scores, threshold, scale, label }, { labels, best }) {
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      if (!(score > threshold)) continue;
      const scaled = Math.fround(score * scale);
      if (scaled > best[i]!) {
        best[i] = scaled;
        labels[i] = label;
      }
    }
  },
  tally(labels) {
    const perLabel = new Uint32Array(256);
    for (let i = 0; i < labels.length; i++) perLabel[labels[i]!]!++;
    return perLabel;
  },
  countNumbers(scores) {
    let numbers = 0;
    for (let i = 0; i < scores.length; i++) numbers += Number(!Number.isNaN(scores[i]!));
    return numbers;
  },
};
