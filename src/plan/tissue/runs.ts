import type { Size, Span } from '../../types.js';
import { onMap, type TissueMap } from './tissue.js';

/** Where tissue is, as runs of rows and columns of an image of the slide, in its px. */
export interface TissueRuns {
  /** The runs of rows that hold any tissue, from top to bottom. */
  readonly rows: readonly Span[];
  /** The runs of columns that hold tissue somewhere in these rows, from left to right. */
  across(rows: Span): readonly Span[];
}

/**
 * Finds the runs of rows and columns that hold tissue. A pixel of the map counts with all pixels of the image that it
 * touches.
 *
 * @param size of the image, in px
 * @param spans how many of its pixels lie on the slide, perhaps with a fraction; the map covers the slide from edge to edge
 */
export function tissueRuns(map: TissueMap, size: Size, spans: Size): TissueRuns {
  const { sums, width, height } = map;
  const at = (x: number, y: number): number => sums[y * (width + 1) + x]!;
  const rowHolds = (y: number): boolean => at(width, y + 1) - at(width, y) > 0;
  return {
    rows: runsWhere(height, rowHolds, spans.height, size.height),
    across({ start, length }) {
      const { start: top, end } = onMap(start, length, spans.height, height);
      const columnHolds = (x: number): boolean => at(x + 1, end) - at(x, end) - at(x + 1, top) + at(x, top) > 0;
      return runsWhere(width, columnHolds, spans.width, size.width);
    },
  };
}

/** The runs of pixels of the map for which something holds, in px of the image. */
function runsWhere(mapped: number, holds: (i: number) => boolean, full: number, length: number): Span[] {
  const runs: Span[] = [];
  for (let i = 0; i < mapped; i++) {
    if (!holds(i)) continue;
    const first = i;
    while (i + 1 < mapped && holds(i + 1)) i++;
    const start = Math.floor((first * full) / mapped);
    const end = Math.min(length, Math.ceil(((i + 1) * full) / mapped));
    if (end > start) runs.push({ start, length: end - start });
  }
  return runs;
}
