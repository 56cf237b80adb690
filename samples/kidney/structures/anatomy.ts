import { between, draw, keyOf } from '../random.js';
import type { Section } from './section.js';

/** A renal corpuscle: a tuft of capillaries in a capsule, or the scar that is left of one. */
export interface Glomerulus extends Round {
  readonly kind: 'glomerulus';
  readonly sclerosed: boolean;
  /**
   * Mean width of Bowman's space in µm, by how much it is narrower towards the vascular pole, and the direction of the
   * pole.
   */
  readonly space: number;
  readonly lean: number;
  readonly poleX: number;
  readonly poleY: number;
}

/** A transverse or oblique section through a blood vessel. `wall` is the thickness of its wall in µm. */
export interface Vessel extends Round {
  readonly kind: 'artery' | 'vein';
  readonly wall: number;
  /** How much of the lumen is filled with blood, from 0 to 1. */
  readonly blood: number;
}

/**
 * A structure that looks like a glomerulus from afar but is not one: densely packed small tubules, or a follicle of
 * lymphocytes.
 */
export interface Cluster extends Round {
  readonly kind: 'thicket' | 'follicle';
}

/** A structure that is larger than a tubule. */
export type Structure = Glomerulus | Vessel | Cluster;

/**
 * A rounded shape: an ellipse with the axis `(ux, uy)`, stretched `stretch` times along it. Its radius in µm also varies
 * with the angle by the second and third harmonic.
 */
interface Round {
  readonly key: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly stretch: number;
  readonly ux: number;
  readonly uy: number;
  readonly two: readonly [number, number];
  readonly three: readonly [number, number];
}

/** A rectangle of the section, in µm. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Approximate distance to a structure's outline, in µm: positive inside. */
export function inside(shape: Round, x: number, y: number): number {
  const dx = x - shape.x;
  const dy = y - shape.y;
  const along = (dx * shape.ux + dy * shape.uy) / shape.stretch;
  const across = dy * shape.ux - dx * shape.uy;
  const r = Math.sqrt(along * along + across * across) + 1e-9;
  const c = along / r;
  const s = across / r;
  const c2 = c * c - s * s;
  const s2 = 2 * c * s;
  const outline =
    shape.radius *
    (1 + shape.two[0] * c2 + shape.two[1] * s2 + shape.three[0] * (c2 * c - s2 * s) + shape.three[1] * (s2 * c + c2 * s));
  return outline - r;
}

/** The farthest that a structure reaches from its centre, in µm. */
export function reachOf(shape: Round): number {
  return shape.radius * shape.stretch * 1.3;
}

const GLOMERULUS_CELL = 320;
const VESSEL_CELL = 880;
const CLUSTER_CELL = 450;
const ARTERIOLE_CELL = 240;
const FARTHEST = 420;

/**
 * All structures within `near` µm of an area. Their order does not depend on the area; where two overlap, the first one
 * wins.
 */
export function structuresIn(section: Section, seed: number, area: Area, near: number): Structure[] {
  const wide = grow(area, near + FARTHEST);
  const touches = (shape: Structure): boolean => {
    const dx = Math.max(area.left - shape.x, 0, shape.x - area.right);
    const dy = Math.max(area.top - shape.y, 0, shape.y - area.bottom);
    return Math.hypot(dx, dy) < reachOf(shape) + near;
  };
  const around = grow(wide, FARTHEST);
  const vessels = cells(around, VESSEL_CELL, (i, j) => vesselAt(section, seed, i, j));
  const glomeruli = cells(around, GLOMERULUS_CELL, (i, j) => glomerulusAt(section, seed, i, j)).filter(
    (g) => !vessels.some((v) => apart(g, v) < 12),
  );
  const clusters = cells(around, CLUSTER_CELL, (i, j) => clusterAt(section, seed, i, j)).filter(
    (c) => !vessels.some((v) => apart(c, v) < 10) && !glomeruli.some((g) => apart(c, g) < 10),
  );
  const poles = glomeruli.flatMap((g) => poleOf(g));
  const arterioles = cells(wide, ARTERIOLE_CELL, (i, j) => arterioleAt(section, seed, i, j)).filter(
    (a) => ![...vessels, ...glomeruli, ...clusters].some((other) => apart(a, other) < 6),
  );
  return [...vessels, ...glomeruli, ...poles, ...arterioles, ...clusters].filter(touches);
}

function apart(a: Round, b: Round): number {
  return Math.hypot(a.x - b.x, a.y - b.y) - reachOf(a) * 0.85 - reachOf(b) * 0.85;
}

/** An area with `by` µm more on every side; with less if `by` is negative. */
export function grow(area: Area, by: number): Area {
  return { left: area.left - by, top: area.top - by, right: area.right + by, bottom: area.bottom + by };
}

/** Collects what each cell of a square grid holds, row by row. */
function cells<T>(area: Area, side: number, at: (column: number, row: number) => T | undefined): T[] {
  const found: T[] = [];
  for (let row = Math.floor(area.top / side); row * side < area.bottom; row++) {
    for (let column = Math.floor(area.left / side); column * side < area.right; column++) {
      const one = at(column, row);
      if (one !== undefined) found.push(one);
    }
  }
  return found;
}

function round(key: number, x: number, y: number, radius: number, stretch: number, uneven: number): Round {
  const angle = between(key, 20, 0, Math.PI * 2);
  return {
    key,
    x,
    y,
    radius,
    stretch,
    ux: Math.cos(angle),
    uy: Math.sin(angle),
    two: [between(key, 21, -uneven, uneven), between(key, 22, -uneven, uneven)],
    three: [between(key, 23, -uneven, uneven) * 0.6, between(key, 24, -uneven, uneven) * 0.6],
  };
}

function glomerulusAt(section: Section, seed: number, column: number, row: number): Glomerulus | undefined {
  const key = keyOf(seed + 101, column, row);
  if (draw(key, 0) > 0.86) return undefined;
  const x = (column + between(key, 1, 0.2, 0.8)) * GLOMERULUS_CELL;
  const y = (row + between(key, 2, 0.2, 0.8)) * GLOMERULUS_CELL;
  const scars = section.fibrosis(x, y);
  const sclerosed = draw(key, 3) < 0.13 + 0.5 * scars;
  const radius = sclerosed ? between(key, 4, 48, 74) : between(key, 4, 76, 108);
  if (section.depth(x, y) < radius * between(key, 6, 0.3, 1.2)) return undefined;
  const below = section.below(x, y);
  if (below < 120 || below > section.cortex - 100 || section.straight(x, y) > 0.3) return undefined;
  const shape = round(key, x, y, radius, between(key, 5, 1, 1.22), 0.045);
  const lean = draw(key, 8) ** 1.5 * 11;
  const pole = between(key, 7, 0, Math.PI * 2);
  const space = 2 + lean * 0.6 + 9 * draw(key, 9) ** 1.6;
  return { ...shape, kind: 'glomerulus', sclerosed, space, lean, poleX: Math.cos(pole), poleY: Math.sin(pole) };
}

/** The arterioles at a glomerulus' vascular pole. Not every section shows them. */
function poleOf(glomerulus: Glomerulus): Vessel[] {
  const key = keyOf(glomerulus.key, 5, 5);
  if (glomerulus.sclerosed || draw(key, 0) > 0.6) return [];
  const radius = between(key, 1, 9, 15);
  const far = glomerulus.radius + radius * 0.9;
  const x = glomerulus.x + glomerulus.poleX * far;
  const y = glomerulus.y + glomerulus.poleY * far;
  const shape = round(key, x, y, radius, between(key, 2, 1, 1.5), 0.08);
  return [{ ...shape, kind: 'artery', wall: radius * 0.55, blood: draw(key, 3) }];
}

function arterioleAt(section: Section, seed: number, column: number, row: number): Vessel | undefined {
  const key = keyOf(seed + 102, column, row);
  if (draw(key, 0) > 0.55) return undefined;
  const x = (column + between(key, 1, 0.15, 0.85)) * ARTERIOLE_CELL;
  const y = (row + between(key, 2, 0.15, 0.85)) * ARTERIOLE_CELL;
  const radius = 9 + 32 * draw(key, 3) ** 2.2;
  if (section.depth(x, y) < radius * 2) return undefined;
  const vein = draw(key, 6) < 0.35;
  const shape = round(key, x, y, radius, 1 + 1.3 * draw(key, 4) ** 2, vein ? 0.13 : 0.07);
  if (vein) return { ...shape, kind: 'vein', wall: 2.5 + 0.05 * radius, blood: draw(key, 5) };
  return { ...shape, kind: 'artery', wall: radius * between(key, 7, 0.42, 0.68), blood: draw(key, 5) };
}

function vesselAt(section: Section, seed: number, column: number, row: number): Vessel | undefined {
  const key = keyOf(seed + 103, column, row);
  if (draw(key, 0) > 0.7) return undefined;
  const x = (column + between(key, 1, 0.3, 0.7)) * VESSEL_CELL;
  const y = (row + between(key, 2, 0.3, 0.7)) * VESSEL_CELL;
  const radius = 50 + 95 * draw(key, 3) ** 2;
  if (section.depth(x, y) < radius * 1.3) return undefined;
  const vein = draw(key, 6) < 0.4;
  const shape = round(key, x, y, radius, 1 + 0.9 * draw(key, 4) ** 1.5, vein ? 0.14 : 0.07);
  if (vein) return { ...shape, kind: 'vein', wall: 4 + 0.07 * radius, blood: draw(key, 5) };
  return { ...shape, kind: 'artery', wall: radius * between(key, 7, 0.36, 0.6), blood: draw(key, 5) };
}

function clusterAt(section: Section, seed: number, column: number, row: number): Cluster | undefined {
  const key = keyOf(seed + 104, column, row);
  const x = (column + between(key, 1, 0.2, 0.8)) * CLUSTER_CELL;
  const y = (row + between(key, 2, 0.2, 0.8)) * CLUSTER_CELL;
  const scars = section.fibrosis(x, y);
  if (draw(key, 0) > 0.7 + 0.3 * scars) return undefined;
  const radius = between(key, 3, 60, 105);
  if (section.depth(x, y) < radius || section.straight(x, y) > 0.6) return undefined;
  const kind = draw(key, 4) < 0.3 + 0.3 * scars ? 'follicle' : 'thicket';
  return { ...round(key, x, y, radius, between(key, 5, 1, 1.4), 0.1), kind };
}
