import { IGNORED } from '../plan/labels/ignored.js';

/** Counts of pixels on the borders of one class. */
export interface BorderPixels {
  readonly truth: number;
  readonly predicted: number;
  /** Border pixels of the truth with a predicted one nearby. */
  readonly found: number;
  /** Predicted border pixels with one of the truth nearby. */
  readonly right: number;
}

/** Compares borders, row by row. */
export interface BorderScorer {
  /** Adds the next row of both masks, as wide as the image. The rows are kept and must not be changed afterwards. */
  row(truth: Uint8Array, predicted: Uint8Array): void;
  /** The counts by label. */
  finish(): ReadonlyMap<number, BorderPixels>;
}

/** The border pixels of one row, from left to right. */
interface EdgeRow {
  readonly xs: readonly number[];
  readonly labels: readonly number[];
}

/**
 * Scores borders at a tolerance. A pixel of a class is on the border if one of its four neighbours is not of that
 * class; pixels outside the image and those with 255 in the truth do not count as neighbours. A border pixel of one
 * mask is matched if the other mask has one of the same class at most `tolerance` px away, centre to centre. In
 * memory are the border pixels of `2 * tolerance + 1` rows and two rows of each mask.
 */
export function scoreBorders(width: number, tolerance: number): BorderScorer {
  const reach = Math.floor(tolerance);
  // The rows of the disc, nearest first: the distance of each from the middle, and how far it extends to each side.
  const disc = Array.from({ length: 2 * reach + 1 }, (_, i) => (i % 2 === 0 ? -i / 2 : (i + 1) / 2)).map((dy) => ({
    dy,
    half: Math.floor(Math.sqrt(tolerance ** 2 - dy ** 2)),
  }));
  const truths = edgeRows(width);
  const predictions = edgeRows(width);
  const counts = new Map<number, { truth: number; predicted: number; found: number; right: number }>();
  let scored = 0;

  function score(y: number): void {
    eachNear(truths.edges(y)!, predictions, y, (label, isNear) => {
      const count = countOf(label);
      count.truth++;
      if (isNear) count.found++;
    });
    eachNear(predictions.edges(y)!, truths, y, (label, isNear) => {
      const count = countOf(label);
      count.predicted++;
      if (isNear) count.right++;
    });
  }

  function eachNear(
    { xs, labels }: EdgeRow,
    other: EdgeRows,
    y: number,
    found: (label: number, isNear: boolean) => void,
  ): void {
    const rows = disc.flatMap(({ dy, half }) => {
      const row = other.edges(y + dy);
      return row === undefined || row.xs.length === 0 ? [] : [{ row, half, next: 0 }];
    });
    for (let i = 0; i < xs.length; i++) {
      const [x, label] = [xs[i]!, labels[i]!];
      found(
        label,
        rows.some((each) => {
          const { row, half } = each;
          while (each.next < row.xs.length && row.xs[each.next]! < x - half) each.next++;
          for (let at = each.next; at < row.xs.length && row.xs[at]! <= x + half; at++)
            if (row.labels[at] === label) return true;
          return false;
        }),
      );
    }
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
      truths.push(truth);
      predictions.push(
        truth.includes(IGNORED) ? predicted.map((label, x) => (truth[x] === IGNORED ? IGNORED : label)) : predicted,
      );
      // The borders of a row are known once the row below it is.
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

/** Finds the borders in the rows of one mask. */
interface EdgeRows {
  push(labels: Uint8Array): void;
  end(): void;
  /** The number of rows with known borders, from the top. */
  known(): number;
  /** The borders of a row; undefined above the image, for rows not yet known, and for rows that were dropped. */
  edges(y: number): EdgeRow | undefined;
  /** Drops the rows before this one. */
  forget(y: number): void;
}

function edgeRows(width: number): EdgeRows {
  const rows = new Map<number, EdgeRow>();
  let [above, current]: (Uint8Array | undefined)[] = [];
  let known = 0;
  let first = 0;

  function settle(below: Uint8Array | undefined): void {
    if (current !== undefined) rows.set(known++, edgesOf(above ?? current, current, below ?? current, width));
  }

  return {
    push(labels) {
      settle(labels);
      [above, current] = [current, labels];
    },
    end: () => settle(undefined),
    known: () => known,
    edges: (y) => rows.get(y),
    forget(y) {
      while (first < y) rows.delete(first++);
    },
  };
}

function edgesOf(above: Uint8Array, line: Uint8Array, below: Uint8Array, width: number): EdgeRow {
  const xs: number[] = [];
  const labels: number[] = [];
  for (let x = 0; x < width; x++) {
    const label = line[x]!;
    if (label === 0 || label === IGNORED) continue;
    // At the side of the image a pixel is used as its own outer neighbour, which makes no border.
    const left = line[x === 0 ? x : x - 1]!;
    const right = line[x === width - 1 ? x : x + 1]!;
    if (differs(left, label) || differs(right, label) || differs(above[x]!, label) || differs(below[x]!, label)) {
      xs.push(x);
      labels.push(label);
    }
  }
  return { xs, labels };
}

function differs(neighbour: number, label: number): boolean {
  return neighbour !== label && neighbour !== IGNORED;
}

/** Precision, recall and their harmonic mean; all are 1 if neither mask has the class, and 0 if only one has it. */
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
