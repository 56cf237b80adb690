import type { Box, Size, Span } from '../../types.js';
import { onMap, type TissueMap } from '../tissue/tissue.js';
import { type Grid, windowsOfRow, windowTotal } from './grid.js';

/**
 * Cuts the windows of a grid to tissue: of each core only the smallest rectangle is scored that holds all of its tissue. With
 * windows that are in phase and margins as wide as the reach, tissue gets the scores that it gets from whole windows, from
 * smaller ones; with margins that labels allow, it gets nearly all labels.
 *
 * @param spans how many px of the working image lie on the slide, perhaps with a fraction; the map covers the slide from edge
 *   to edge
 */
export function cutToTissue(grid: Grid, map: TissueMap, spans: Size): Grid {
  const cut = new Int32Array(4 * windowTotal(grid));
  for (let row = 0; row < grid.rows; row++) {
    for (const { index, core } of windowsOfRow(grid, row)) {
      const held = tissueWithin(map, core, spans);
      if (held) cut.set([held.x, held.y, held.width, held.height], 4 * index);
    }
  }
  return { ...grid, cut };
}

/** The smallest rectangle of a box that holds all tissue in it; undefined if there is none. */
function tissueWithin(map: TissueMap, box: Box, spans: Size): Box | undefined {
  const { sums, width, height } = map;
  const across = onMap(box.x, box.width, spans.width, width);
  const down = onMap(box.y, box.height, spans.height, height);
  const at = (x: number, y: number): number => sums[y * (width + 1) + x]!;
  const count = (left: number, top: number, right: number, bottom: number): number =>
    at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
  const columns = extent(across, (x) => count(x, down.start, x + 1, down.end) > 0);
  const rows = extent(down, (y) => count(across.start, y, across.end, y + 1) > 0);
  if (columns === undefined || rows === undefined) return undefined;
  const inX = within(columns, spans.width / width, { start: box.x, length: box.width });
  const inY = within(rows, spans.height / height, { start: box.y, length: box.height });
  return { x: inX.start, y: inY.start, width: inX.length, height: inY.length };
}

/** The first and the last place that holds something, as `start` and `end`; undefined if none does. */
function extent({ start, end }: Ends, holds: (place: number) => boolean): Ends | undefined {
  let [first, last] = [start, end];
  while (first < last && !holds(first)) first++;
  while (last > first && !holds(last - 1)) last--;
  return first < last ? { start: first, end: last } : undefined;
}

interface Ends {
  readonly start: number;
  readonly end: number;
}

/** The pixels of a span that places of the map touch, each of which is `scale` px long. */
function within({ start, end }: Ends, scale: number, span: Span): Span {
  const first = Math.max(span.start, Math.floor(start * scale));
  return { start: first, length: Math.min(span.start + span.length, Math.ceil(end * scale)) - first };
}
