import { IGNORED } from '../plan/labels/ignored.js';

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

/** Pixels of one row that are on a border, from left to right. */
interface EdgeRow {
  readonly xs: readonly number[];
  readonly labels: readonly number[];
}

/**
 * Scores borders at a tolerance. A pixel of a class is on its border where one of its four neighbours is not of the class; what lies beyond the image, or where
 * the truth is 255, is no neighbour. A border pixel of one mask is matched where the other has one of the same class at most `tolerance` px away,
 * centre to centre. Holds the border pixels of `2 tolerance + 1` rows, and two rows of each mask.
 */
export function scoreBorders(width: number, tolerance: number): BorderScorer {
  const reach = Math.floor(tolerance);
  // The rows of the disc, nearest first: how far each is from the middle, and how far it goes to each side.
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

/** The borders in the rows of one mask. */
interface EdgeRows {
  push(labels: Uint8Array): void;
  end(): void;
  /** Rows whose borders are known, counted from the top. */
  known(): number;
  /** Undefined above the image, below what is known, and where it was let go. */
  edges(y: number): EdgeRow | undefined;
  /** Lets go of the rows before this one. */
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
    // A pixel at the side of the image stands for its neighbour outside, which makes no border.
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
