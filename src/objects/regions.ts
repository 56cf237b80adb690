import { rootOf } from '../plan/labels/connected.js';
import type { OutlineRing } from './corners.js';
import type { Tally } from './tally.js';

/** An outer ring and the rings of its holes. Two of its rings may touch at single corners, but share nothing more. */
export type TracedPolygon = readonly [outer: OutlineRing, ...holes: OutlineRing[]];

/**
 * A region of pixels of one label that are connected by sides or corners. It has one polygon for each part whose
 * pixels are connected by sides.
 */
export interface TracedRegion {
  readonly polygons: readonly TracedPolygon[];
  /**
   * Number of pixel corners at which two of its pixels touch diagonally, while the other two pixels there do not
   * belong to it.
   */
  readonly touches: number;
  /** The samples added up over its pixels; see `RegionTracer.row`. */
  readonly tally: Tally | undefined;
}

/** A region that may still grow. When two regions turn out to be one, one of them is merged `into` the other. */
export interface OpenRegion {
  into: OpenRegion | undefined;
  /** Its first row. */
  top: number;
  /** Number of parts whose outer ring is not closed yet. */
  open: number;
  polygons: TracedPolygon[];
  touches: number;
  tally: Tally | undefined;
}

/** Pixels of a region that share sides. */
export interface OpenPart {
  into: OpenPart | undefined;
  readonly region: OpenRegion;
  holes: OutlineRing[] | undefined;
}

/** Joins the part of a run, if it is known yet, with another part that turns out to be the same. */
export function joinParts(a: OpenPart | undefined, other: OpenPart): OpenPart {
  const b = rootOf(other);
  if (a === undefined || a === b) return b;
  const region = joinRegions(rootOf(a.region), rootOf(b.region));
  region.open--;
  b.into = a;
  a.holes = longer(a.holes, b.holes);
  b.holes = undefined;
  return a;
}

/** Joins two regions that turn out to be the same. Returns the one that is kept. */
export function joinRegions(a: OpenRegion, b: OpenRegion): OpenRegion {
  if (a === b) return a;
  const [kept, gone] = a.polygons.length >= b.polygons.length ? [a, b] : [b, a];
  gone.into = kept;
  kept.top = Math.min(kept.top, gone.top);
  kept.open += gone.open;
  kept.touches += gone.touches;
  for (const polygon of gone.polygons) kept.polygons.push(polygon);
  gone.polygons = [];
  if (gone.tally) kept.tally = kept.tally ? kept.tally.join(gone.tally) : gone.tally;
  return kept;
}

function longer<T>(a: T[] | undefined, b: T[] | undefined): T[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [kept, gone] = a.length >= b.length ? [a, b] : [b, a];
  for (const each of gone) kept.push(each);
  return kept;
}
