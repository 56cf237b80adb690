import type { DrawnArea, DrawnRing, Point } from './shapes.js';

/** A corner of an area, by the numbers of its polygon and ring and its own in the ring. */
export interface Corner {
  readonly polygon: number;
  readonly ring: number;
  readonly at: number;
  /** Whether it is not yet a corner but the middle of the side that ends at `at`. */
  readonly between: boolean;
}

/** Corners that lie closer together than this, in screen px, cannot be told apart. */
const LEAST_GAP = 12;

/** Whether the corners of a ring lie so far apart on the screen that they can be moved. */
function isOpen(ring: DrawnRing, scale: number): boolean {
  const around = ring.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - ring[i]![0], y - ring[i]![1]), 0);
  return (around / (ring.length - 1)) * scale >= LEAST_GAP;
}

/** All corners of an area that can be moved, and the middles of its sides. */
function* cornersOf(area: DrawnArea, scale: number): Generator<readonly [Corner, Point]> {
  for (const [polygon, rings] of area.entries()) {
    for (const [ring, points] of rings.entries()) {
      if (!isOpen(points, scale)) continue;
      for (let at = 1; at < points.length; at++) {
        const [[x0, y0], [x, y]] = [points[at - 1]!, points[at]!];
        yield [{ polygon, ring, at, between: false }, [x, y]];
        yield [{ polygon, ring, at, between: true }, [(x0 + x) / 2, (y0 + y) / 2]];
      }
    }
  }
}

/**
 * The corner nearest to a point, or the middle of a side.
 *
 * @param near how far away it may be, in level-0 px
 * @param scale screen px per level-0 px
 */
export function cornerAt(area: DrawnArea, [x, y]: Point, near: number, scale: number): Corner | undefined {
  let [found, least]: [Corner | undefined, number] = [undefined, near];
  for (const [corner, [cx, cy]] of cornersOf(area, scale)) {
    const away = Math.hypot(cx - x, cy - y);
    if (away < least) [found, least] = [corner, away];
  }
  return found;
}

/** The same area with a corner at another place. The middle of a side becomes a corner. */
export function movedCorner(area: DrawnArea, corner: Corner, to: Point): DrawnArea {
  return withRing(area, corner, (points) => {
    const open = points.slice(1);
    open.splice(corner.at - 1, corner.between ? 0 : 1, to);
    return open;
  });
}

/** The same area without a corner. A ring that has only three is removed. */
export function withoutCorner(area: DrawnArea, corner: Corner): DrawnArea {
  return withRing(area, corner, (points) => points.slice(1).filter((_, i) => i !== corner.at - 1));
}

/** Replaces a ring by another, which is given without its last point. */
function withRing(area: DrawnArea, { polygon, ring }: Corner, change: (points: DrawnRing) => DrawnRing): DrawnArea {
  const next = area.map((rings, i) => {
    if (i !== polygon) return rings;
    return rings.flatMap((points, j) => {
      if (j !== ring) return [points];
      const open = change(points);
      return open.length < 3 ? [] : [[open.at(-1)!, ...open]];
    });
  });
  // Without its outer ring, a polygon is not there.
  return next.filter((rings, i) => rings.length > 0 && !(i === polygon && ring === 0 && rings.length < area[i]!.length));
}

/** Draws the corners that can be moved, and the middles of sides. `chosen` is filled. */
export function drawCorners(
  context: CanvasRenderingContext2D,
  area: DrawnArea,
  scale: number,
  chosen: Corner | undefined,
): void {
  context.lineWidth = 1.5 / scale;
  context.strokeStyle = '#000';
  for (const [corner, [x, y]] of cornersOf(area, scale)) {
    const own = JSON.stringify(corner) === JSON.stringify(chosen);
    const side = (corner.between ? 5 : 8) / scale;
    context.fillStyle = own ? '#ffe14d' : corner.between ? 'rgb(255 255 255 / 0.6)' : '#fff';
    context.beginPath();
    context.rect(x - side / 2, y - side / 2, side, side);
    context.fill();
    context.stroke();
  }
}
