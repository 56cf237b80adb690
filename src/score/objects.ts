import { type LineRuns, labelRuns, type RegionKey, trackRegions } from '../plan/labels/connected.js';
import { IGNORED } from '../plan/labels/ignored.js';

/** Objects of one class. */
export interface ObjectCounts {
  readonly truth: number;
  readonly predicted: number;
  /** Pairs of one of the truth and one of the prediction that are the same thing. */
  readonly matched: number;
}

/** Compares objects while rows go by. */
export interface ObjectScorer {
  /** The next row of both masks. */
  row(truth: Uint8Array, predicted: Uint8Array): void;
  /** By label. */
  finish(): ReadonlyMap<number, ObjectCounts>;
}

/** A region, and what it lies over in the other mask. */
interface Side {
  /** Pixels that were seen of it. */
  area: number;
  /** No more will come. */
  closed: boolean;
  /** Pixels that it shares with regions of its label in the other mask; only those that may still be the same thing. */
  readonly overlaps: Map<Side, number>;
}

/**
 * Scores objects: connected regions of one label (8 neighbours). Two are the same where their IoU exceeds 0.5, which no object can have with two others
 * (Kirillov et al. 2019, Panoptic Segmentation). Pixels where the truth is 255 belong to no object. Holds the objects that are still open, and the closed
 * ones that one of these may still match: of a tall object that lies over a thousand specks, none.
 */
export function scoreObjects(): ObjectScorer {
  const counts = new Map<number, { truth: number; predicted: number; matched: number }>();
  const truths = oneMask('truth');
  const predictions = oneMask('predicted');

  function oneMask(which: 'truth' | 'predicted') {
    const sides = new Map<RegionKey, Side>();
    const sideOf = (key: RegionKey): Side => {
      let side = sides.get(key);
      if (side === undefined) {
        side = { area: 0, closed: false, overlaps: new Map() };
        sides.set(key, side);
      }
      return side;
    };
    const tracker = trackRegions(
      8,
      ({ key, label }) => {
        const count = countOf(label);
        count[which]++;
        const side = sideOf(key);
        sides.delete(key);
        side.closed = true;
        for (const [other, shared] of side.overlaps) {
          // IoU above a half. What they share is known now, and the other can only grow: what is no match yet will be none.
          const alike = 3 * shared > side.area + other.area;
          if (alike && !other.closed) continue;
          if (alike) count.matched++;
          part(side, other);
        }
      },
      0,
      (kept, gone) => {
        const old = sideOf(gone);
        sides.delete(gone);
        const side = sideOf(kept);
        side.area += old.area;
        for (const [other, shared] of old.overlaps) {
          part(old, other);
          overlap(side, other, shared);
        }
      },
    );
    return {
      sideOf,
      line(runs: LineRuns): readonly RegionKey[] {
        const keys = tracker.line(runs);
        for (let i = 0; i < runs.count; i++) sideOf(keys[i]!).area += runs.ends[i]! - runs.starts[i]!;
        return keys;
      },
      finish: () => tracker.finish(),
    };
  }

  function countOf(label: number) {
    let count = counts.get(label);
    if (count === undefined) {
      count = { truth: 0, predicted: 0, matched: 0 };
      counts.set(label, count);
    }
    return count;
  }

  return {
    row(truth, predicted) {
      const [is, taken] = unignored(truth, predicted);
      const [trueRuns, predictedRuns] = [labelRuns(is), labelRuns(taken)];
      const [trueKeys, predictedKeys] = [truths.line(trueRuns), predictions.line(predictedRuns)];
      eachOverlap(trueRuns, predictedRuns, (i, j, shared) => {
        overlap(truths.sideOf(trueKeys[i]!), predictions.sideOf(predictedKeys[j]!), shared);
      });
    },
    finish() {
      truths.finish();
      predictions.finish();
      return counts;
    },
  };
}

function overlap(a: Side, b: Side, shared: number): void {
  a.overlaps.set(b, (a.overlaps.get(b) ?? 0) + shared);
  b.overlaps.set(a, (b.overlaps.get(a) ?? 0) + shared);
}

function part(a: Side, b: Side): void {
  a.overlaps.delete(b);
  b.overlaps.delete(a);
}

function unignored(truth: Uint8Array, predicted: Uint8Array): readonly [Uint8Array, Uint8Array] {
  if (!truth.includes(IGNORED)) return [truth, predicted];
  const [is, taken] = [truth.slice(), predicted.slice()];
  for (let x = 0; x < is.length; x++) if (is[x] === IGNORED) is[x] = taken[x] = 0;
  return [is, taken];
}

/** Pairs of runs of one label that share pixels, and how many. */
function eachOverlap(a: LineRuns, b: LineRuns, found: (i: number, j: number, shared: number) => void): void {
  for (let i = 0, j = 0; i < a.count && j < b.count; ) {
    const shared = Math.min(a.ends[i]!, b.ends[j]!) - Math.max(a.starts[i]!, b.starts[j]!);
    if (shared > 0 && a.labels[i] === b.labels[j]) found(i, j, shared);
    if (a.ends[i]! < b.ends[j]!) i++;
    else j++;
  }
}

/** `2 matched / (truth + predicted)`; 1 where there are no objects. */
export function objectF1({ truth, predicted, matched }: ObjectCounts): number {
  return truth + predicted === 0 ? 1 : (2 * matched) / (truth + predicted);
}
