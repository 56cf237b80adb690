import { type LineRuns, labelRuns, type RegionKey, trackRegions } from '../plan/labels/connected.js';
import { IGNORED } from '../plan/labels/ignored.js';

/** Counts of objects of one class. */
export interface ObjectCounts {
  readonly truth: number;
  readonly predicted: number;
  /** Pairs of a true and a predicted object that match. */
  readonly matched: number;
}

/** Compares objects, row by row. */
export interface ObjectScorer {
  /** Adds the next row of both masks. */
  row(truth: Uint8Array, predicted: Uint8Array): void;
  /** By label. */
  finish(): ReadonlyMap<number, ObjectCounts>;
}

/** A region, and the regions that it overlaps in the other mask. */
interface Side {
  /** Its pixels so far. */
  area: number;
  /** True once the region is complete. */
  closed: boolean;
  /** The pixels it shares with each region of its label in the other mask; only regions that may still match. */
  readonly overlaps: Map<Side, number>;
}

/**
 * Scores objects, which are connected regions of one label (8 neighbours). Two objects match if their IoU exceeds
 * 0.5; an object can match at most one other (Kirillov et al. 2019, Panoptic Segmentation). Pixels with 255 in the
 * truth belong to no object. In memory are incomplete objects, and complete ones that an incomplete one may still
 * match. Small specks under a tall object are not kept, since they cannot match it.
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
          // The IoU must exceed 1/2. The shared pixels are final now and the other region can only grow, so a pair
          // that does not match yet never will.
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

/** `2 * matched / (truth + predicted)`; 1 if there are no objects. */
export function objectF1({ truth, predicted, matched }: ObjectCounts): number {
  return truth + predicted === 0 ? 1 : (2 * matched) / (truth + predicted);
}
