import { type LineRuns, labelRuns, type RegionKey, trackRegions } from '../plan/connected.js';

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

/** The label of pixels that are not scored. */
const IGNORED = 255;

/** A region, and what it lies over in the other mask. */
interface Side {
  /** Pixels, once it is closed. */
  area: number | undefined;
  readonly overlaps: Map<Side, number>;
}

/**
 * Scores objects: connected regions of one label (8 neighbours). Two are the same where their IoU exceeds 0.5, which no object can have with two others
 * (Kirillov et al. 2019, Panoptic Segmentation). Pixels where the truth is 255 belong to no object. Holds the objects that are still open, and those
 * that they lie over.
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
        side = { area: undefined, overlaps: new Map() };
        sides.set(key, side);
      }
      return side;
    };
    const tracker = trackRegions(
      8,
      ({ key, label, area }) => {
        const count = countOf(label);
        count[which]++;
        const side = sides.get(key);
        sides.delete(key);
        if (side === undefined) return;
        side.area = area;
        for (const [other, shared] of side.overlaps) {
          if (other.area === undefined) continue;
          if (3 * shared > area + other.area) count.matched++;
          other.overlaps.delete(side);
          side.overlaps.delete(other);
        }
      },
      0,
      (kept, gone) => {
        const old = sides.get(gone);
        sides.delete(gone);
        if (old === undefined) return;
        const side = sideOf(kept);
        for (const [other, shared] of old.overlaps) {
          side.overlaps.set(other, (side.overlaps.get(other) ?? 0) + shared);
          other.overlaps.set(side, (other.overlaps.get(side) ?? 0) + other.overlaps.get(old)!);
          other.overlaps.delete(old);
        }
      },
    );
    return { tracker, sideOf };
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
      const trueKeys = truths.tracker.line(trueRuns);
      const predictedKeys = predictions.tracker.line(predictedRuns);
      eachOverlap(trueRuns, predictedRuns, (i, j, shared) => {
        const [a, b] = [truths.sideOf(trueKeys[i]!), predictions.sideOf(predictedKeys[j]!)];
        a.overlaps.set(b, (a.overlaps.get(b) ?? 0) + shared);
        b.overlaps.set(a, (b.overlaps.get(a) ?? 0) + shared);
      });
    },
    finish() {
      truths.tracker.finish();
      predictions.tracker.finish();
      return counts;
    },
  };
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
