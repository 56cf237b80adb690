import { rootOf } from '../plan/labels/connected.js';
import { createCorners, type OutlineRing } from './corners.js';
import { joinParts, joinRegions, type OpenPart, type OpenRegion, type TracedRegion } from './regions.js';
import { createTally, type Tally } from './tally.js';

/** Finds the regions of one label, and their outlines, row by row. */
export interface RegionTracer {
  /**
   * Takes the next row. Rows without the label may be left out while no region is open.
   *
   * @param sides columns at which the row enters and leaves the label, in turn; only the first `count` are used
   * @param samples for each channel, the values of the columns, which are added up for each region; given in every
   *   row or in none
   */
  row(y: number, sides: Int32Array, count: number, samples?: readonly ArrayLike<number>[]): void;
  /** Whether some region reaches the last row. */
  readonly open: boolean;
  /** The first row of all regions that reach the last row; infinite if there are none. */
  top(): number;
}

/**
 * Traces outlines by their corners. A border runs along the sides of the pixels of a region, clockwise around it and
 * counter-clockwise around its holes. Between two rows lie horizontal pieces of border, each from a column at which
 * one of the rows enters or leaves the label to the next such column. One sweep over these columns joins all pieces
 * of border. It also finds which runs of the two rows share sides, and which touch at corners only. Where pixels
 * touch at a corner only, the border turns there and follows the sides of each pixel. If it passes a corner twice
 * this way, it is split, because rings that touch each other are valid, but a ring that touches itself is not.
 *
 * Only borders that are still open are kept in memory. A border that closes is a ring of the part that its last row
 * belongs to, so no search is needed for which ring contains which. A part is complete when its outer ring closes. A
 * region is passed to `found` when its last part is complete. Regions that end in the same row are passed from left
 * to right by the ends of their last runs.
 *
 * @param tallyOf makes the tally of a region of samples in this many channels
 */
export function traceRegions(
  found: (region: TracedRegion) => void,
  tallyOf: (channels: number) => Tally = createTally,
): RegionTracer {
  const corners = createCorners();
  /**
   * A strand is an open end of a piece of border. It has the last corner so far (`cornerOf`) and the strand at the
   * other end of the piece (`mateOf`). For each side of a row, `strands` has the strand that runs along it.
   */
  let cornerOf = new Int32Array(64);
  let mateOf = new Int32Array(64);
  let used = 0;
  let free = -1;

  /** The previous row: the columns of its sides, their strands, and the parts of its runs. */
  let above = new Int32Array(64);
  let aboveCount = 0;
  let strands = new Int32Array(64);
  let parts: OpenPart[] = [];
  /** The same for this row. */
  let nextSides = new Int32Array(64);
  let nextStrands = new Int32Array(64);
  let nextParts: OpenPart[] = [];
  let y = 0;
  /** The strand at the left end of the current border between the rows; -1 if there is none. */
  let pending = -1;

  function newStrand(corner: number): number {
    let strand = free;
    if (strand >= 0) free = mateOf[strand]!;
    else {
      if (used === mateOf.length) {
        cornerOf = resized(cornerOf, 2 * used);
        mateOf = resized(mateOf, 2 * used);
      }
      strand = used++;
    }
    cornerOf[strand] = corner;
    return strand;
  }

  function release(strand: number): void {
    mateOf[strand] = free;
    free = strand;
  }

  /**
   * Extends a strand to a new corner at column `x`. `first` means that the border runs from this corner into the
   * strand.
   */
  function extend(strand: number, x: number, first: boolean, pinched: boolean): void {
    const corner = corners.add(x, y, pinched);
    if (first) corners.link(corner, cornerOf[strand]!);
    else corners.link(cornerOf[strand]!, corner);
    cornerOf[strand] = corner;
  }

  /**
   * Handles the end of the border along side `i` of the row above: it turns to the right, or joins the border that
   * comes from the left.
   */
  function turnAbove(i: number, pinched: boolean): void {
    const strand = strands[i]!;
    // Along the left side of a run, the border runs upwards.
    const up = i % 2 === 0;
    extend(strand, above[i]!, up, pinched);
    if (pending < 0) {
      pending = strand;
      return;
    }
    const other = pending;
    pending = -1;
    if (up) corners.link(cornerOf[other]!, cornerOf[strand]!);
    else corners.link(cornerOf[strand]!, cornerOf[other]!);
    const mate = mateOf[strand]!;
    const otherMate = mateOf[other]!;
    if (mate === other) close(cornerOf[strand]!, parts[i >> 1]!);
    else {
      mateOf[mate] = otherMate;
      mateOf[otherMate] = mate;
    }
    release(strand);
    release(other);
  }

  /**
   * Handles the start of the border along side `j` of this row: it comes from the left, or a new one starts and also
   * goes to the right.
   */
  function turnBelow(j: number, x: number, pinched: boolean): void {
    if (pending >= 0) {
      extend(pending, x, j % 2 === 0, pinched);
      nextStrands[j] = pending;
      pending = -1;
      return;
    }
    const corner = corners.add(x, y, pinched);
    const down = newStrand(corner);
    pending = newStrand(corner);
    mateOf[down] = pending;
    mateOf[pending] = down;
    nextStrands[j] = down;
  }

  let closing: OpenPart | undefined;
  let outline: OutlineRing | undefined;
  function ringFound(ring: OutlineRing, outer: boolean): void {
    if (outer) outline = ring;
    else if (closing!.holes === undefined) closing!.holes = [ring];
    else closing!.holes.push(ring);
  }

  function close(first: number, last: OpenPart): void {
    const part = rootOf(last);
    [closing, outline] = [part, undefined];
    corners.take(first, ringFound);
    if (outline === undefined) return;
    const region = rootOf(part.region);
    region.polygons.push(part.holes === undefined ? [outline] : [outline, ...part.holes]);
    region.open--;
    if (region.open === 0) found(region);
  }

  /** Creates a part of an existing region, or of a new one. */
  function newPart(inside?: OpenRegion): OpenPart {
    const region = inside ?? { into: undefined, top: y, open: 0, polygons: [], touches: 0, tally: undefined };
    region.open++;
    return { into: undefined, region, holes: undefined };
  }

  /**
   * Handles a run of the row above and a run of this row that touch at a corner only. Returns the part of the run of
   * this row.
   */
  function touch(upper: OpenPart, lower: OpenPart | undefined): OpenPart {
    const region = rootOf(rootOf(upper).region);
    region.touches++;
    if (lower === undefined) return newPart(region);
    joinRegions(region, rootOf(lower.region));
    return lower;
  }

  function row(line: number, sides: Int32Array, count: number, samples?: readonly ArrayLike<number>[]): void {
    y = line;
    if (count > nextSides.length) {
      [above, strands] = [resized(above, 2 * count), resized(strands, 2 * count)];
      [nextSides, nextStrands] = [new Int32Array(2 * count), new Int32Array(2 * count)];
    }
    let inAbove = false;
    let inBelow = false;
    /** The part of the run of this row that is being swept, if it is known yet. */
    let part: OpenPart | undefined;
    for (let i = 0, j = 0; i < aboveCount || j < count; ) {
      const upper = i < aboveCount ? above[i]! : END;
      const lower = j < count ? sides[j]! : END;
      if (upper === lower && inAbove === inBelow) {
        // The border goes straight on.
        inAbove = inBelow = !inAbove;
        nextStrands[j] = strands[i]!;
        if (inAbove) part = rootOf(parts[i >> 1]!);
        else nextParts[j >> 1] = part!;
        i++;
        j++;
      } else if (upper === lower && inAbove) {
        part = touch(parts[i >> 1]!, undefined);
        turnAbove(i++, true);
        turnBelow(j++, lower, true);
        [inAbove, inBelow] = [false, true];
      } else if (upper === lower) {
        nextParts[j >> 1] = touch(parts[i >> 1]!, part);
        part = undefined;
        turnBelow(j++, lower, true);
        turnAbove(i++, true);
        [inAbove, inBelow] = [true, false];
      } else if (upper < lower) {
        inAbove = !inAbove;
        if (inAbove && inBelow) part = joinParts(part, parts[i >> 1]!);
        turnAbove(i++, false);
      } else {
        inBelow = !inBelow;
        if (!inBelow) nextParts[j >> 1] = part ?? newPart();
        part = inBelow && inAbove ? rootOf(parts[(i - 1) >> 1]!) : undefined;
        turnBelow(j++, lower, false);
      }
    }
    nextSides.set(count === sides.length ? sides : sides.subarray(0, count));
    [above, nextSides] = [nextSides, above];
    [strands, nextStrands] = [nextStrands, strands];
    [parts, nextParts] = [nextParts, parts];
    aboveCount = count;
    if (samples === undefined) return;
    for (let k = 0; k < count >> 1; k++) {
      const region = rootOf(rootOf(parts[k]!).region);
      region.tally ??= tallyOf(samples.length);
      region.tally.add(samples, above[2 * k]!, above[2 * k + 1]!, y);
    }
  }

  return {
    row,
    get open() {
      return aboveCount > 0;
    },
    top() {
      let top = Number.POSITIVE_INFINITY;
      for (let k = 0; k < aboveCount >> 1; k++) top = Math.min(top, rootOf(rootOf(parts[k]!).region).top);
      return top;
    },
  };
}

/** A column to the right of all columns. */
const END = 2 ** 31 - 1;

function resized(old: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(length, old.length));
  grown.set(old);
  return grown;
}
