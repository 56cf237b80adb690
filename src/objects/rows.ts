import type { OutlineRing } from './corners.js';

/**
 * Calls `run` for each run of pixels of an object, from top to bottom and from left to right, with its row, its first
 * column, and the column after its last. A row enters and leaves the object at its vertical sides.
 */
export function eachRun(
  polygons: readonly (readonly OutlineRing[])[],
  run: (y: number, start: number, end: number) => void,
): void {
  let count = 0;
  for (const polygon of polygons)
    for (const ring of polygon)
      for (let i = 1, last = ring.length - 1; i < ring.length; last = i, i += 2) count += Math.abs(ring[i]! - ring[last]!);
  const places = new Float64Array(count);
  let used = 0;
  for (const polygon of polygons) {
    for (const ring of polygon) {
      for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
        const end = Math.max(ring[i + 1]!, ring[last + 1]!);
        for (let y = Math.min(ring[i + 1]!, ring[last + 1]!); y < end; y++) places[used++] = y * WIDE + ring[i]!;
      }
    }
  }
  places.sort();
  for (let i = 0; i < used; i += 2) {
    const y = Math.floor(places[i]! / WIDE);
    run(y, places[i]! - y * WIDE, places[i + 1]! - y * WIDE);
  }
}

/** Larger than the width of any image. */
const WIDE = 2 ** 31;
