import type { Size } from '../types.js';

/** A closed ring of points. The last point may or may not repeat the first. */
export type Ring = readonly (readonly [x: number, y: number])[];

/**
 * Fills polygons into a raster: a pixel is set where its centre lies inside by the even-odd rule, so inner rings are holes. Rings of
 * one polygon belong together; several polygons are united.
 *
 * @param polygons each a list of rings, in pixels of the raster
 */
export function fillPolygons(polygons: readonly (readonly Ring[])[], { width, height }: Size): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (const rings of polygons) {
    for (let y = 0; y < height; y++) {
      const crossings = rings.flatMap((ring) => ringCrossings(ring, y + 0.5)).sort((a, b) => a - b);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const from = Math.max(Math.ceil(crossings[i]! - 0.5), 0);
        const to = Math.min(Math.ceil(crossings[i + 1]! - 0.5), width);
        if (to > from) mask.fill(1, y * width + from, y * width + to);
      }
    }
  }
  return mask;
}

function ringCrossings(ring: Ring, y: number): number[] {
  const crossings: number[] = [];
  for (let i = 0; i < ring.length; i++) {
    const [x1, y1] = ring[i]!;
    const [x2, y2] = ring[(i + 1) % ring.length]!;
    if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  return crossings;
}
