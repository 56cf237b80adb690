/** Pixels on the borders of one class. */
export interface BorderPixels {
  readonly truth: number;
  readonly predicted: number;
  /** Of those of the truth, how many have a predicted one near. */
  readonly found: number;
  /** Of the predicted ones, how many have one of the truth near. */
  readonly right: number;
}

/** Compares borders while rows go by. */
export interface BorderScorer {
  /** The next row of both masks, as wide as the image. The rows are kept: they must not change any more. */
  row(truth: Uint8Array, predicted: Uint8Array): void;
  /** By label. */
  finish(): ReadonlyMap<number, BorderPixels>;
}

/** The label of pixels that are not scored. */
const IGNORED = 255;

/**
 * Scores borders at a tolerance. A pixel of a class is on its border where one of its four neighbours is not of the class; what lies beyond the image, or where
 * the truth is 255, is no neighbour. A border pixel of one mask is matched where the other has one of the same class at most `tolerance` px away,
 * centre to centre. Holds `2 tolerance + 3` rows of each mask.
 */
export function scoreBorders(width: number, tolerance: number): BorderScorer {
  const reach = Math.floor(tolerance);
  // For each row of the disc, how far it goes to each side.
  const halfWidths = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.floor(Math.sqrt(tolerance ** 2 - (i - reach) ** 2)));
  const truths = edgeRows(width);
  const predictions = edgeRows(width);
  const counts = new Map<number, { truth: number; predicted: number; found: number; right: number }>();
  let scored = 0;

  function score(y: number): void {
    const [truth, predicted] = [truths.edges(y), predictions.edges(y)];
    for (let x = 0; x < width; x++) {
      if (truth[x] !== 0) {
        const count = countOf(truth[x]!);
        count.truth++;
        if (isNear(predictions, truth[x]!, x, y)) count.found++;
      }
      if (predicted[x] !== 0) {
        const count = countOf(predicted[x]!);
        count.predicted++;
        if (isNear(truths, predicted[x]!, x, y)) count.right++;
      }
    }
  }

  function isNear(other: EdgeRows, label: number, x: number, y: number): boolean {
    for (let d = 0; d <= reach; d++) {
      for (const dy of d === 0 ? [0] : [-d, d]) {
        if (!other.has(y + dy)) continue;
        const row = other.edges(y + dy);
        const half = halfWidths[dy + reach]!;
        const end = Math.min(width - 1, x + half);
        for (let at = Math.max(0, x - half); at <= end; at++) if (row[at] === label) return true;
      }
    }
    return false;
  }

  function countOf(label: number) {
    let count = counts.get(label);
    if (count === undefined) {
      count = { truth: 0, predicted: 0, found: 0, right: 0 };
      counts.set(label, count);
    }
    return count;
  }

  function advance(end: number): void {
    while (scored < end) {
      score(scored);
      scored++;
      truths.forget(scored - reach);
      predictions.forget(scored - reach);
    }
  }

  return {
    row(truth, predicted) {
      const masked = predicted.slice();
      for (let x = 0; x < width; x++) if (truth[x] === IGNORED) masked[x] = IGNORED;
      truths.push(truth);
      predictions.push(masked);
      // The borders of a row are known with the row below it.
      advance(Math.max(0, truths.known() - reach));
    },
    finish() {
      truths.end();
      predictions.end();
      advance(truths.known());
      return counts;
    },
  };
}

/** Rows of labels, and for each pixel its label where it is on a border, else 0. */
interface EdgeRows {
  push(labels: Uint8Array): void;
  end(): void;
  /** Rows whose borders are known, counted from the top. */
  known(): number;
  has(y: number): boolean;
  edges(y: number): Uint8Array;
  /** Lets go of the rows before this one. */
  forget(y: number): void;
}

function edgeRows(width: number): EdgeRows {
  const edges = new Map<number, Uint8Array>();
  let [above, current]: (Uint8Array | undefined)[] = [];
  let known = 0;
  let first = 0;

  function settle(below: Uint8Array | undefined): void {
    if (current === undefined) return;
    const row = new Uint8Array(width);
    for (let x = 0; x < width; x++) {
      const label = current[x]!;
      if (label === 0 || label === IGNORED) continue;
      const differs = (other: number | undefined): boolean => other !== undefined && other !== label && other !== IGNORED;
      if (differs(current[x - 1]) || differs(current[x + 1]) || differs(above?.[x]) || differs(below?.[x])) row[x] = label;
    }
    edges.set(known++, row);
  }

  return {
    push(labels) {
      settle(labels);
      [above, current] = [current, labels];
    },
    end: () => settle(undefined),
    known: () => known,
    has: (y) => edges.has(y),
    edges: (y) => edges.get(y)!,
    forget(y) {
      while (first < y) edges.delete(first++);
    },
  };
}

/** Precision, recall and their harmonic mean; all 1 where neither mask has the class, 0 where only one has. */
export function borderScores({ truth, predicted, found, right }: BorderPixels): {
  readonly precision: number;
  readonly recall: number;
  readonly f: number;
} {
  if (truth + predicted === 0) return { precision: 1, recall: 1, f: 1 };
  if (truth === 0 || predicted === 0) return { precision: 0, recall: 0, f: 0 };
  const [precision, recall] = [right / predicted, found / truth];
  return { precision, recall, f: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}
