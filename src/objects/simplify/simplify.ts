import type { OutlineRing } from '../corners.js';
import type { TracedPolygon } from '../regions.js';
import { type Arc, arcsOf, backwards, type IsOwnJunction, turned } from './arcs.js';
import { crossing, wellNested } from './crossings.js';
import { createJunctions } from './junctions.js';
import { reduced } from './reduce.js';

/** How outlines are simplified. */
export interface SimplifySettings {
  /** How far a simplified outline may be from a corner of the pixels, in pixels of the mask. */
  readonly tolerance: number;
  /** Level-0 pixels per pixel of the mask. Points are rounded to three decimals of level 0. */
  readonly scale: { readonly x: number; readonly y: number };
  /** Whether objects are split. Then the border between two classes stays as it is. */
  readonly split: boolean;
}

/** Simplifies the outlines of the objects of a mask, while its rows go by. */
export interface Simplifier {
  /** Takes the next row of the mask; `undefined` is the row below the last. */
  row(labels: Uint8Array | undefined): void;
  /**
   * The simplified outlines of an object whose last row, and the one below it, have been taken.
   *
   * @param own tells the junctions that a split has made
   */
  outlines(polygons: readonly TracedPolygon[], own?: IsOwnJunction): readonly TracedPolygon[];
  /** Says that no later object reaches above this row. */
  forget(y: number): void;
  /** In pixels of the mask. */
  readonly tolerance: number;
  /** How many objects have an outline that stays as it is in part, because it would cross itself. */
  readonly unsimplified: number;
}

/** A ring with the arcs that it is made of. */
interface ArcRing {
  readonly outer: boolean;
  readonly arcs: readonly Arc[];
  /** The number of its first arc. */
  readonly first: number;
}

/**
 * Simplifies outlines piece by piece: from each place where more than two borders meet to the next one. A piece is
 * simplified by its own points alone, so both neighbours get the same, whichever of them is found first. If pieces of
 * an object would cross or touch, they stay as they are. The result is as valid as the outlines themselves.
 */
export function createSimplifier({ tolerance, scale, split }: SimplifySettings): Simplifier {
  const junctions = createJunctions(split);
  let unsimplified = 0;

  const simple = (arc: Arc): readonly number[] => {
    const points = reduced(arc, tolerance);
    return points === arc.points ? points : points.map((value, i) => atThousandths(value, i % 2 === 0 ? scale.x : scale.y));
  };

  return {
    tolerance,
    row: (labels) => junctions.row(labels),
    forget: (y) => junctions.forget(y),
    get unsimplified() {
      return unsimplified;
    },
    outlines(polygons, own) {
      const rings: ArcRing[] = [];
      const arcs: Arc[] = [];
      for (const polygon of polygons) {
        for (const [place, ring] of polygon.entries()) {
          const ringArcs = arcsOf(ring, place === 0, junctions, own);
          rings.push({ outer: place === 0, arcs: ringArcs, first: arcs.length });
          for (const arc of ringArcs) arcs.push(arc);
        }
      }
      const now = arcs.map(simple);
      const changed = now.some((points, i) => points !== arcs[i]!.points);
      if (changed && !settle(rings, arcs, now)) unsimplified++;
      let next = 0;
      return polygons.map((polygon) => {
        const [outer, ...holes] = polygon.map(() => ringOf(rings[next++]!, now));
        return [outer!, ...holes];
      });
    },
  };
}

/** Puts back the arcs that would cross or touch others, until the outlines are valid. Tells whether none had to be. */
function settle(rings: readonly ArcRing[], arcs: readonly Arc[], now: (readonly number[])[]): boolean {
  for (let valid = true; ; valid = false) {
    const ends: number[] = [];
    const from: number[] = [];
    for (const ring of rings) addSides(ring, now, ends, from);
    const wrong = [...crossing({ ends, from })].filter((i) => now[i] !== arcs[i]!.points);
    if (wrong.length === 0) {
      if (wellNested(rings.map((ring) => ({ points: ringOf(ring, now), outer: ring.outer })))) return valid;
      for (const [i, arc] of arcs.entries()) now[i] = arc.points;
      return false;
    }
    for (const i of wrong) now[i] = arcs[i]!.points;
  }
}

function addSides({ arcs, first }: ArcRing, now: readonly (readonly number[])[], ends: number[], from: number[]): void {
  for (const [k, { closed }] of arcs.entries()) {
    const points = now[first + k]!;
    const { length } = points;
    for (let i = 0; i + 2 < length; i += 2) {
      ends.push(points[i]!, points[i + 1]!, points[i + 2]!, points[i + 3]!);
      from.push(first + k);
    }
    if (!closed) continue;
    ends.push(points[length - 2]!, points[length - 1]!, points[0]!, points[1]!);
    from.push(first + k);
  }
}

/** The points of a ring in its own direction. */
function ringOf({ arcs, first }: ArcRing, now: readonly (readonly number[])[]): OutlineRing {
  const [only] = arcs;
  if (only!.closed) return only!.reversed ? turned(now[first]!) : now[first]!;
  const ring: number[] = [];
  for (const [k, { reversed }] of arcs.entries()) {
    const points = reversed ? backwards(now[first + k]!) : now[first + k]!;
    // The last point of an arc is the first of the next.
    for (let i = 0; i < points.length - 2; i++) ring.push(points[i]!);
  }
  return ring;
}

/** A place whose level-0 coordinate has three decimals. */
function atThousandths(value: number, scale: number): number {
  return Math.round(value * scale * 1e3) / (scale * 1e3);
}
