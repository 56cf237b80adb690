import { findObjects, type MaskObject } from '../../../objects/find.js';
import { atLevelZero, objectMeter } from '../../../objects/measured.js';
import type { TracedPolygon } from '../../../objects/regions.js';
import type { Box, MaskClass, Mpp, Size } from '../../../types.js';
import type { ShownObject } from '../../../view/messages.js';
import type { TileReader } from '../tiles/tile-reader.js';

/** The most pixels that are read to find an object. */
const MOST_PIXELS = 2 ** 26;

/** The units in which objects are measured. */
export interface MeasureForm {
  readonly classes: readonly MaskClass[];
  /** Level-0 pixels per pixel of the mask. */
  readonly scale: { readonly x: number; readonly y: number };
  /** Micrometres per level-0 pixel, if known. */
  readonly mpp: Mpp | undefined;
}

/**
 * The object of a mask at a pixel, with the outlines, the measures and the name that `segtile objects` gives it. Reads
 * larger and larger boxes around the pixel until the object lies within the box.
 *
 * @param x column in the mask, in px; `y` is the row
 * @returns null for background, for a pixel outside, and for an object that is larger than the largest box
 */
export async function objectAt(
  mask: TileReader,
  x: number,
  y: number,
  form: MeasureForm,
  signal: AbortSignal,
): Promise<ShownObject | null> {
  if (!(x >= 0 && y >= 0 && x < mask.width && y < mask.height)) return null;
  let box = around(mask, { x, y, width: 1, height: 1 }, 256);
  for (;;) {
    const { data } = await mask.read(0, box, signal);
    const component = componentAt(data as Uint8Array, box, x - box.x, y - box.y);
    if (component === undefined) return null;
    const wider = around(mask, component.box, Math.max(component.box.width, component.box.height));
    const cut =
      (component.box.x === box.x && box.x > 0) ||
      (component.box.y === box.y && box.y > 0) ||
      (component.box.x + component.box.width === box.x + box.width && box.x + box.width < mask.width) ||
      (component.box.y + component.box.height === box.y + box.height && box.y + box.height < mask.height);
    if (!cut) return shown(component.pixels, component.label, box, form);
    if (wider.width * wider.height > MOST_PIXELS) return null;
    box = wider;
  }
}

/** A box enlarged on all sides, but not beyond the mask. */
function around({ width, height }: Size, box: Box, room: number): Box {
  const [x, y] = [Math.max(0, box.x - room), Math.max(0, box.y - room)];
  const right = Math.min(width, box.x + box.width + room);
  const bottom = Math.min(height, box.y + box.height + room);
  return { x, y, width: right - x, height: bottom - y };
}

/** The eight-connected region of a pixel, without anything else, and its box in the mask; undefined for background. */
function componentAt(labels: Uint8Array, { x: left, y: top, width, height }: Box, x: number, y: number) {
  const label = labels[y * width + x]!;
  if (label === 0) return undefined;
  const pixels = new Uint8Array(labels.length);
  const open = [y * width + x];
  pixels[open[0]!] = label;
  let [minX, maxX, minY, maxY] = [x, x, y, y];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const [column, row] = [at % width, Math.floor(at / width)];
    minX = Math.min(minX, column);
    maxX = Math.max(maxX, column);
    minY = Math.min(minY, row);
    maxY = Math.max(maxY, row);
    for (let dy = row > 0 ? -1 : 0; dy <= 1 && row + dy < height; dy++) {
      for (let dx = column > 0 ? -1 : 0; dx <= 1 && column + dx < width; dx++) {
        const next = at + dy * width + dx;
        if (labels[next] !== label || pixels[next] !== 0) continue;
        pixels[next] = label;
        open.push(next);
      }
    }
  }
  return { label, pixels, box: { x: left + minX, y: top + minY, width: maxX - minX + 1, height: maxY - minY + 1 } };
}

function shown(pixels: Uint8Array, label: number, box: Box, { classes, scale, mpp }: MeasureForm): ShownObject | null {
  const known = classes.find((each) => each.label === label);
  if (known === undefined) return null;
  const objects: MaskObject[] = [];
  const finder = findObjects((object) => objects.push(object));
  for (let row = 0; row < box.height; row++) finder.row(pixels.subarray(row * box.width, (row + 1) * box.width));
  finder.finish();
  const meter = objectMeter({ classes, scale, mpp, probabilities: false });
  const object = meter.measure(moved(objects[0]!, box));
  const ring = (corners: ArrayLike<number>): [number, number][] =>
    Array.from({ length: corners.length / 2 }, (_, i) => [
      atLevelZero(corners[2 * i]!, scale.x),
      atLevelZero(corners[2 * i + 1]!, scale.y),
    ]);
  return {
    id: object.id,
    label,
    name: known.name,
    box: object.box,
    area: object.area,
    centroid: object.centroid,
    polygons: object.polygons.map((polygon) => polygon.map(ring)),
    measures: meter.measurements.map(({ name }, i) => [name, object.values[i]!]),
  };
}

/** Moves an object that was found in a box to its place in the mask. */
function moved({ polygons: own, extent, ...object }: MaskObject, { x, y }: Box): MaskObject {
  const ring = (corners: TracedPolygon[number]): TracedPolygon[number] =>
    corners.map((corner, i) => corner + (i % 2 === 0 ? x : y));
  const { box, centroid } = extent;
  const polygons = own.map((polygon) => polygon.map(ring) as unknown as TracedPolygon);
  return {
    ...object,
    polygons,
    outlines: polygons,
    extent: {
      ...extent,
      box: { ...box, x: box.x + x, y: box.y + y },
      centroid: { x: centroid.x + x, y: centroid.y + y },
    },
  };
}
