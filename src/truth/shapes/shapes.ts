import { firstShowing, nearest } from '../../plan/labels/stretch.js';
import type { Box, Size } from '../../types.js';

/** The bounds of a shape in level-0 pixels, not rounded. */
export interface Extent {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** One polygon of level-0 pixels, filled by the even-odd rule: inner rings are holes. */
export interface Polygon {
  readonly kind: 'polygon';
  readonly label: number;
  /** `x, y, x, y, …` of ring after ring; each ring ends with its first point. */
  readonly points: Float64Array;
  /** For each ring, the index in the points of the first number after it. */
  readonly ends: readonly number[];
  readonly extent: Extent;
  /** Area of the geometry, in level-0 pixels. */
  readonly area: number;
}

/** Pixels listed column by column, as pieces of columns. */
export interface PixelColumns {
  readonly kind: 'columns';
  readonly label: number;
  /** Size of the image that the columns belong to, which shows the whole slide; for RLE of HuBMAP it is that of level 0. */
  readonly image: Size;
  /** The pieces of column `x` are `first[x]` up to but not including `first[x + 1]`, from top to bottom; they do not touch. */
  readonly first: Uint32Array;
  /** First row of each piece, and the first row after it. */
  readonly tops: Uint32Array;
  readonly bottoms: Uint32Array;
  readonly extent: Extent;
}

/** A part of a slide that has one label. */
export type LabelShape = Polygon | PixelColumns;

/** A rectangle of a working image in which labels are painted, row by row from the top left. */
export interface Canvas extends Box {
  readonly data: Uint8Array;
  /**
   * The size of the whole working image, how many of its pixels the slide covers, and the size of the slide in level-0
   * pixels.
   */
  readonly size: Size;
  readonly spans: Size;
  readonly slide: Size;
}

/**
 * Paints the part of a shape that lies on the canvas. A pixel belongs to a shape if its centre lies inside. A centre
 * exactly on an edge belongs to the polygon if the polygon continues to the left or below. So if two polygons share an
 * edge, each pixel belongs to exactly one of them. GDAL does the same (`gdal_rasterize` and
 * `rasterio.features.rasterize` without `all_touched`), except that it decides horizontal edges by their direction.
 */
export function paint(shape: LabelShape, canvas: Canvas): void {
  if (shape.kind === 'polygon') paintPolygon(shape, canvas);
  else paintColumns(shape, canvas);
}

/**
 * Collects, edge by edge, where the polygon crosses the middle of each row of the canvas, then sorts the crossings of
 * each row. The result for a row does not depend on which other rows are painted with it.
 */
function paintPolygon(polygon: Polygon, canvas: Canvas): void {
  const { points, ends, extent } = polygon;
  const across = canvas.spans.width / canvas.slide.width;
  const down = canvas.spans.height / canvas.slide.height;
  // The first row with its centre at or below a level-0 y, counted from the top of the canvas and clamped to it.
  const rowFrom = (y: number) => Math.min(Math.max(Math.ceil(y * down - 0.5) - canvas.y, 0), canvas.height);
  const top = rowFrom(extent.top);
  const bottom = rowFrom(extent.bottom);
  if (top >= bottom) return;

  const starts = new Uint32Array(bottom - top + 1);
  for (let ring = 0, at = 0; ring < ends.length; at = ends[ring++]!) {
    for (; at + 2 < ends[ring]!; at += 2) {
      const y1 = points[at + 1]!;
      const y2 = points[at + 3]!;
      const last = rowFrom(Math.max(y1, y2));
      for (let row = rowFrom(Math.min(y1, y2)); row < last; row++) starts[row - top + 1]!++;
    }
  }
  for (let row = 0; row < bottom - top; row++) starts[row + 1]! += starts[row]!;

  const crossings = new Float64Array(starts[bottom - top]!);
  const next = starts.slice();
  for (let ring = 0, at = 0; ring < ends.length; at = ends[ring++]!) {
    for (; at + 2 < ends[ring]!; at += 2) {
      const rising = points[at + 1]! > points[at + 3]!;
      const from = rising ? at + 2 : at;
      const to = rising ? at : at + 2;
      const x1 = points[from]!;
      const y1 = points[from + 1]!;
      const width = points[to]! - x1;
      const height = points[to + 1]! - y1;
      const last = rowFrom(points[to + 1]!);
      for (let row = rowFrom(y1); row < last; row++) {
        const y = (canvas.y + row + 0.5) / down;
        crossings[next[row - top]!++] = (((y - y1) * width) / height + x1) * across;
      }
    }
  }

  for (let row = top; row < bottom; row++) {
    const row0 = starts[row - top]!;
    const row1 = starts[row - top + 1]!;
    sort(crossings, row0, row1);
    const base = row * canvas.width - canvas.x;
    for (let i = row0; i + 1 < row1; i += 2) {
      const left = Math.max(Math.floor(crossings[i]! + 0.5), canvas.x);
      const right = Math.min(Math.floor(crossings[i + 1]! + 0.5), canvas.x + canvas.width);
      if (left < right) canvas.data.fill(polygon.label, base + left, base + right);
    }
  }
}

/** Sorts part of a list in place. Most rows cross a polygon twice, so that case comes first. */
function sort(values: Float64Array, start: number, end: number): void {
  if (end - start > 16) {
    values.subarray(start, end).sort();
    return;
  }
  for (let i = start + 1; i < end; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > start && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
}

function paintColumns({ label, image, first, tops, bottoms }: PixelColumns, canvas: Canvas): void {
  const { data, width, height, spans } = canvas;
  const sourceTop = nearest(canvas.y, image.height, spans.height);
  for (let x = 0; x < width; x++) {
    const column = nearest(canvas.x + x, image.width, spans.width);
    const end = first[column + 1]!;
    for (let piece = firstBelow(bottoms, first[column]!, end, sourceTop); piece < end; piece++) {
      const top = rowShowing(tops[piece]!, image.height, canvas);
      if (top === height) break;
      const bottom = rowShowing(bottoms[piece]!, image.height, canvas);
      for (let at = top * width + x; at < bottom * width; at += width) data[at] = label;
    }
  }
}

/**
 * The index, from `start` on, of the first of the rising `values` that is greater than `value`; `end` if there is none
 * before it.
 */
function firstBelow(values: Uint32Array, start: number, end: number, value: number): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first row of the canvas that shows row `y` of an image or one below it, counted from the top of the canvas. */
function rowShowing(y: number, imageHeight: number, { y: offset, height, size, spans }: Canvas): number {
  return Math.min(
    Math.max(firstShowing(y, imageHeight, spans.height, { from: imageHeight, to: size.height }) - offset, 0),
    height,
  );
}
