import type { RasterRows, Size } from '../../../types.js';
import { type ConnectedRegion, type Connectivity, gapRuns, type LineRuns, labelRuns, trackRegions } from '../connected.js';
import { type HeldRows, holdRows } from './held-rows.js';

/** The sizes below which objects and holes are removed, in pixels of the mask. 0 and 1 leave everything as it is. */
export interface CleanUp {
  /** Objects of fewer pixels become background. */
  readonly minObject: number;
  /** Holes of fewer pixels are filled. */
  readonly fillHoles: number;
}

/** What a clean-up has done so far. */
export interface CleanedCount {
  objects: number;
  objectPixels: number;
  holes: number;
  holePixels: number;
  /** How many pixels each label, by mask value, has won or lost. */
  readonly change: Float64Array;
}

/** Cleans the rows of one mask. */
export interface Cleaner {
  readonly count: CleanedCount;
  /**
   * Takes the next rows and returns the rows that are now final. The cleaner keeps and changes the memory of the rows
   * it was given. With the last rows of the mask, all remaining rows are returned.
   */
  clean(rows: RasterRows): Iterable<RasterRows>;
}

/**
 * Cleans a mask that arrives in rows from top to bottom. The result is exactly that of cleaning the whole mask at
 * once:
 *
 * 1. An object is a region of one label whose pixels share sides or corners (8 neighbours). Those with fewer than
 *    `minObject` pixels become background. For each label alone this is scikit-image's
 *    `remove_small_objects(mask == label, connectivity=2)`.
 * 2. After that, a hole is a region of background whose pixels share sides (4 neighbours), including one that is
 *    closed by the border of the image. Holes with fewer than `fillHoles` pixels get the label with which they share
 *    the most pixel sides; on a tie, the smallest label. With one label this is scikit-image's
 *    `remove_small_holes(mask, connectivity=1)`, except that background with no label next to it, which is then the
 *    whole image, stays.
 *
 * Background is every pixel with label 0, whether or not a window covered it. A row waits only while it touches a
 * region that is not decided yet. Such a region has fewer pixels than its limit, so fewer rows wait than both limits
 * together, plus some of the most recent rows. Besides these rows, only the runs of such regions and the regions that
 * reach the last row are kept.
 *
 * @param size of the whole mask, in px
 */
export function createCleaner(size: Size, { minObject, fillHoles }: CleanUp): Cleaner {
  const count: CleanedCount = { objects: 0, objectPixels: 0, holes: 0, holePixels: 0, change: new Float64Array(256) };
  const stages: ((rows: RasterRows) => Iterable<RasterRows>)[] = [];
  if (minObject > 1) {
    stages.push(
      createStage(size, { runs: labelRuns, connectivity: 8, small: minObject, above: 0 }, ({ label, area, pieces }, held) => {
        paint(held, pieces!, 0);
        count.objects++;
        count.objectPixels += area;
        count.change[label]! -= area;
        count.change[0]! += area;
      }),
    );
  }
  if (fillHoles > 1) {
    stages.push(
      createStage(size, { runs: gapRuns, connectivity: 4, small: fillHoles, above: 1 }, ({ area, pieces }, held) => {
        const label = labelAround(held, pieces!, size);
        if (label === 0) return;
        paint(held, pieces!, label);
        count.holes++;
        count.holePixels += area;
        count.change[label]! += area;
        count.change[0]! -= area;
      }),
    );
  }
  const through = (rows: Iterable<RasterRows>, stage: (rows: RasterRows) => Iterable<RasterRows>) => flatMap(rows, stage);
  return { count, clean: (rows: RasterRows): Iterable<RasterRows> => stages.reduce(through, [rows] as Iterable<RasterRows>) };
}

function* flatMap(all: Iterable<RasterRows>, stage: (rows: RasterRows) => Iterable<RasterRows>): Generator<RasterRows> {
  for (const rows of all) yield* stage(rows);
}

/** Which regions a stage looks for. */
interface StageForm {
  readonly runs: (line: Uint8Array) => LineRuns;
  readonly connectivity: Connectivity;
  /** Regions of fewer pixels are small. */
  readonly small: number;
  /** How many rows above a small region must still be held when the region is complete. */
  readonly above: number;
}

/** Finds small regions, and releases rows as soon as no region that may still be small touches them. */
function createStage(
  size: Size,
  { runs, connectivity, small, above }: StageForm,
  change: (region: ConnectedRegion, held: HeldRows) => void,
): (rows: RasterRows) => Iterable<RasterRows> {
  const held = holdRows();
  const found = (region: ConnectedRegion): void => {
    if (region.pieces) change(region, held);
  };
  const tracker = trackRegions(connectivity, found, small);
  return function* (rows) {
    held.take(rows);
    const end = rows.y + rows.height;
    for (let y = rows.y; y < end; y++) tracker.line(runs(held.line(y)));
    if (end === size.height) tracker.finish();
    yield* held.release(end === size.height ? end : tracker.settled() - above);
  };
}

function paint(held: HeldRows, pieces: readonly number[], label: number): void {
  for (let i = 0; i < pieces.length; i += 3) held.line(pieces[i]!).fill(label, pieces[i + 1]!, pieces[i + 2]!);
}

/**
 * The label that shares the most pixel sides with a region of background. On a tie, the smallest label wins; 0 if no
 * label touches it.
 */
function labelAround(held: HeldRows, pieces: readonly number[], { width, height }: Size): number {
  const sides = new Map<number, number>();
  const add = (label: number): void => {
    if (label !== 0) sides.set(label, (sides.get(label) ?? 0) + 1);
  };
  for (let i = 0; i < pieces.length; i += 3) {
    const [y, start, end] = [pieces[i]!, pieces[i + 1]!, pieces[i + 2]!];
    const line = held.line(y);
    if (start > 0) add(line[start - 1]!);
    if (end < width) add(line[end]!);
    for (const beside of [y - 1, y + 1]) {
      if (beside < 0 || beside === height) continue;
      const other = held.line(beside);
      for (let x = start; x < end; x++) add(other[x]!);
    }
  }
  let [best, most] = [0, 0];
  for (const [label, shared] of sides) if (shared > most || (shared === most && label < best)) [best, most] = [label, shared];
  return best;
}
