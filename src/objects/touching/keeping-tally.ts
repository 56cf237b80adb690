import { eachRun } from '../rows.js';
import { createTally, type Tally } from '../tally.js';
import { LARGEST_SPLIT } from './largest.js';

/** The samples of a run of pixels: one channel after the other. */
interface KeptRun {
  readonly y: number;
  readonly start: number;
  readonly end: number;
  readonly values: Float32Array;
}

/** What a tally keeps: its runs, and the box around them. */
interface KeptObject {
  runs: KeptRun[];
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A tally that keeps samples. */
interface KeepingTally extends Tally {
  readonly kept: KeptObject;
}

/**
 * Creates a tally that keeps the samples of its region, so that they can be told of each part when the region is
 * complete and is split. It drops them when the region has become too large to be split.
 */
export function createKeepingTally(channels: number): KeepingTally {
  const whole = createTally(channels);
  const kept: KeptObject = { runs: [], left: Infinity, top: Infinity, right: 0, bottom: 0 };

  function reach(left: number, top: number, right: number, bottom: number): void {
    kept.left = Math.min(kept.left, left);
    kept.top = Math.min(kept.top, top);
    kept.right = Math.max(kept.right, right);
    kept.bottom = Math.max(kept.bottom, bottom);
    if (tooLarge()) kept.runs = [];
  }
  const tooLarge = (): boolean => (kept.right - kept.left) * (kept.bottom - kept.top) > LARGEST_SPLIT;

  const tally: KeepingTally = {
    kept,
    sums: whole.sums,
    add(samples, start, end, y) {
      whole.add(samples, start, end, y);
      reach(start, y, end, y + 1);
      if (tooLarge()) return;
      const values = new Float32Array(channels * (end - start));
      for (let c = 0, at = 0; c < channels; c++) {
        const channel = samples[c]!;
        for (let x = start; x < end; x++) values[at++] = channel[x]!;
      }
      kept.runs.push({ y, start, end, values });
    },
    join(other) {
      whole.join(other);
      // All tallies of a tracer are alike.
      const more = (other as KeepingTally).kept;
      reach(more.left, more.top, more.right, more.bottom);
      if (tooLarge()) return tally;
      const [long, short] = kept.runs.length >= more.runs.length ? [kept.runs, more.runs] : [more.runs, kept.runs];
      for (const run of short) long.push(run);
      kept.runs = long;
      return tally;
    },
    measures: whole.measures,
    within(part) {
      const rows = byRow(kept.runs);
      const own = createTally(channels);
      eachRun(part, (y, start, end) => {
        const run = rows.get(y)!.find((each) => each.start <= start && each.end >= end)!;
        const width = run.end - run.start;
        const samples = Array.from({ length: channels }, (_, c) => run.values.subarray(c * width, (c + 1) * width));
        own.add(samples, start - run.start, end - run.start, y);
      });
      return own;
    },
  };
  let sorted: { readonly runs: readonly KeptRun[]; readonly rows: Map<number, KeptRun[]> } | undefined;

  /** Runs by their row. Asked for each part of a region, with the same runs. */
  function byRow(runs: readonly KeptRun[]): Map<number, KeptRun[]> {
    if (sorted?.runs === runs) return sorted.rows;
    const rows = new Map<number, KeptRun[]>();
    for (const run of runs) {
      const own = rows.get(run.y);
      if (own === undefined) rows.set(run.y, [run]);
      else own.push(run);
    }
    sorted = { runs, rows };
    return rows;
  }
  return tally;
}
