import { between, draw, keyOf } from '../random.js';
import { type Area, grow, inside, reachOf, type Structure } from './anatomy.js';
import type { Section } from './section.js';

/**
 * Tubules fill the space between the larger structures. Each has a skeleton, which is a straight line segment. A place
 * belongs to the tubule whose skeleton is nearest, after subtracting the tubule's radius (a Voronoi diagram of segments),
 * so that tubules press against each other as they do in a kidney. The fields are the columns of a table with one row per
 * tubule; lengths in µm.
 */
export interface Tubules {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The vector from the skeleton's start to its end, and 1 over the square of its length (0 for a point). */
  readonly dx: Float64Array;
  readonly dy: Float64Array;
  readonly inverse: Float64Array;
  readonly radius: Float64Array;
  /** The farthest that the tubule reaches from the skeleton. */
  readonly cap: Float64Array;
  /** Half the gap to its neighbours. */
  readonly gap: Float64Array;
  /** Thickness of the epithelium. */
  readonly epithelium: Float64Array;
  /** Thickness of the basement membrane. */
  readonly membrane: Float64Array;
  readonly kind: Uint8Array;
  readonly key: Uint32Array;
}

/** A tubule's `kind` is one of the kinds below, plus {@link CAST} if a plug of protein fills its lumen. */
export const KIND = 7;
export const CAST = 8;

export const PROXIMAL = 0;
export const DISTAL = 1;
export const COLLECTING = 2;
export const SMALL = 3;
export const ATROPHIC = 4;
/** A peritubular capillary. It is packed between tubules in the same way as tubules are packed between each other. */
export const CAPILLARY = 5;

/** The farthest outside an area, in µm, that a tubule can affect a place in the area. */
export const TUBULE_REACH = 330;

const LABYRINTH_CELL = 41;
const RAY_LENGTH = 190;
const RAY_WIDTH = 32;
const THICKET_CELL = 20;
const CAPILLARY_CELL = 24;

/**
 * The tubules that can affect places in an area. Their order does not depend on the area.
 *
 * @param structures the structures near them
 */
export function tubulesIn(section: Section, seed: number, area: Area, structures: readonly Structure[]): Tubules {
  const rows: number[][] = [];
  const wide = grow(area, TUBULE_REACH);

  const free = (x: number, y: number, within: Structure | undefined): { x: number; y: number } | undefined => {
    let [px, py] = [x, y];
    for (const one of structures) {
      if (one === within) continue;
      const far = Math.hypot(px - one.x, py - one.y);
      if (far > reachOf(one) + 30) continue;
      const depth = inside(one, px, py);
      if (depth > 12) return undefined;
      const push = depth + 17;
      if (push > 0 && one.kind !== 'thicket') {
        px += ((px - one.x) / far) * push;
        py += ((py - one.y) / far) * push;
      }
    }
    return section.depth(px, py) < 9 ? undefined : { x: px, y: py };
  };

  const add = (key: number, x: number, y: number, dx: number, dy: number, kind: number, size: number, scars: number): void => {
    const half = Math.hypot(dx, dy) / 2;
    const spare = 1 + 0.15 * (draw(key, 30) - 0.5);
    const shape = SHAPES[kind]!;
    const cast = kind !== PROXIMAL && kind !== CAPILLARY && draw(key, 33) < 0.04 + 0.1 * scars;
    rows.push([
      x - dx / 2,
      y - dy / 2,
      dx,
      dy,
      half > 0.5 ? 1 / (4 * half * half) : 0,
      shape.radius * size * between(key, 31, 0.82, 1.18),
      shape.cap * size * spare,
      between(key, 32, 0.3, 1.4) + 5.5 * scars,
      shape.epithelium * between(key, 34, 0.8, 1.2),
      shape.membrane * (1 + 1.6 * scars),
      kind + (cast ? CAST : 0),
      key,
    ]);
  };

  for (let row = Math.floor(wide.top / LABYRINTH_CELL); row * LABYRINTH_CELL < wide.bottom; row++) {
    for (let column = Math.floor(wide.left / LABYRINTH_CELL); column * LABYRINTH_CELL < wide.right; column++) {
      const key = keyOf(seed + 201, column, row);
      const place = free(
        (column + between(key, 0, 0.16, 0.84)) * LABYRINTH_CELL,
        (row + between(key, 1, 0.16, 0.84)) * LABYRINTH_CELL,
        undefined,
      );
      if (place === undefined || section.straight(place.x, place.y) >= 0.5) continue;
      const scars = section.fibrosis(place.x, place.y);
      if (draw(key, 2) < 0.3 * scars) continue;
      const long = Math.max(0, between(key, 3, -14, 40));
      const angle = between(key, 4, 0, Math.PI);
      const pick = draw(key, 5);
      const kind = draw(key, 6) < scars * 0.9 ? ATROPHIC : pick < 0.64 ? PROXIMAL : pick < 0.9 ? DISTAL : COLLECTING;
      add(key, place.x, place.y, Math.cos(angle) * long, Math.sin(angle) * long, kind, 1, scars);
    }
  }

  for (let row = Math.floor(wide.top / CAPILLARY_CELL); row * CAPILLARY_CELL < wide.bottom; row++) {
    for (let column = Math.floor(wide.left / CAPILLARY_CELL); column * CAPILLARY_CELL < wide.right; column++) {
      const key = keyOf(seed + 204, column, row);
      const place = free((column + draw(key, 0)) * CAPILLARY_CELL, (row + draw(key, 1)) * CAPILLARY_CELL, undefined);
      if (place === undefined || draw(key, 2) < 0.4 * section.fibrosis(place.x, place.y)) continue;
      const long = 16 * draw(key, 3) ** 2;
      const angle = between(key, 4, 0, Math.PI);
      // If a capillary and a tubule crowd each other, the one with the smaller key is removed: a small key makes it the
      // capillary.
      add(key >>> 8, place.x, place.y, Math.cos(angle) * long, Math.sin(angle) * long, CAPILLARY, between(key, 5, 0.8, 1.6), 0);
    }
  }

  const { fan } = section;
  const middle = { x: (wide.left + wide.right) / 2 - fan.x, y: (wide.top + wide.bottom) / 2 - fan.y };
  const half = Math.hypot(wide.right - wide.left, wide.bottom - wide.top) / 2;
  const far = Math.hypot(middle.x, middle.y);
  const turn = (half / Math.max(far - half, half)) * fan.radius;
  const angleOf = Math.atan2(fan.ux * middle.y - fan.uy * middle.x, fan.ux * middle.x + fan.uy * middle.y) * fan.radius;
  for (let row = Math.floor((angleOf - turn) / RAY_WIDTH); row * RAY_WIDTH < angleOf + turn; row++) {
    for (let column = Math.floor((far - half) / RAY_LENGTH) - 1; column * RAY_LENGTH < far + half; column++) {
      const key = keyOf(seed + 202, column, row);
      const d = (column + between(key, 0, 0, 0.4) + draw(keyOf(seed + 203, row, 0), 0)) * RAY_LENGTH;
      const angle = ((row + between(key, 1, 0.3, 0.7)) * RAY_WIDTH) / fan.radius;
      const ux = fan.ux * Math.cos(angle) - fan.uy * Math.sin(angle);
      const uy = fan.uy * Math.cos(angle) + fan.ux * Math.sin(angle);
      const x = fan.x + ux * d;
      const y = fan.y + uy * d;
      if (x < wide.left || x >= wide.right || y < wide.top || y >= wide.bottom) continue;
      const place = free(x, y, undefined);
      if (place === undefined || section.straight(place.x, place.y) < 0.5) continue;
      const scars = section.fibrosis(place.x, place.y);
      const long = RAY_LENGTH * between(key, 2, 0.6, 0.95);
      const lean = between(key, 3, -0.045, 0.045);
      const pick = draw(key, 5);
      const kind = pick < 0.2 ? COLLECTING : pick < 0.55 ? DISTAL : pick < 0.85 ? PROXIMAL : SMALL;
      add(key, place.x, place.y, (ux - uy * lean) * long, (uy + ux * lean) * long, kind, (0.85 * d) / fan.radius, scars * 0.5);
    }
  }

  for (const one of structures) {
    if (one.kind !== 'thicket') continue;
    const reach = reachOf(one);
    const steps = Math.ceil(reach / THICKET_CELL);
    for (let row = -steps; row <= steps; row++) {
      for (let column = -steps; column <= steps; column++) {
        const key = keyOf(one.key, column, row);
        const x = one.x + (column + between(key, 0, -0.35, 0.35)) * THICKET_CELL;
        const y = one.y + (row + between(key, 1, -0.35, 0.35)) * THICKET_CELL;
        if (inside(one, x, y) < 0) continue;
        const place = free(x, y, one);
        if (place === undefined) continue;
        const long = Math.max(0, between(key, 3, -9, 16));
        const angle = between(key, 4, 0, Math.PI);
        add(key, place.x, place.y, Math.cos(angle) * long, Math.sin(angle) * long, SMALL, 1, 0);
      }
    }
  }
  return table(rows);
}

/**
 * Sizes in µm, typical of a human kidney: proximal tubules are 50 to 60 across, distal ones 30 to 45, collecting ducts 40,
 * capillaries 9 to 18.
 */
const SHAPES = [
  { radius: 6, cap: 40, epithelium: 14, membrane: 1 },
  { radius: 0, cap: 29, epithelium: 8.5, membrane: 0.9 },
  { radius: 0, cap: 28, epithelium: 8, membrane: 1 },
  { radius: 0, cap: 20, epithelium: 8, membrane: 0.9 },
  { radius: -4, cap: 22, epithelium: 7, membrane: 1.9 },
  { radius: -12, cap: 6, epithelium: 1.1, membrane: 0.5 },
];

function table(rows: readonly (readonly number[])[]): Tubules {
  const column = (index: number): Float64Array => Float64Array.from(rows, (row) => row[index]!);
  return {
    count: rows.length,
    x: column(0),
    y: column(1),
    dx: column(2),
    dy: column(3),
    inverse: column(4),
    radius: column(5),
    cap: column(6),
    gap: column(7),
    epithelium: column(8),
    membrane: column(9),
    kind: Uint8Array.from(rows, (row) => row[10]!),
    key: Uint32Array.from(rows, (row) => row[11]!),
  };
}

/** Selects some rows of the table. */
export function pick(t: Tubules, rows: readonly number[]): Tubules {
  const of = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  return {
    count: rows.length,
    x: of(t.x),
    y: of(t.y),
    dx: of(t.dx),
    dy: of(t.dy),
    inverse: of(t.inverse),
    radius: of(t.radius),
    cap: of(t.cap),
    gap: of(t.gap),
    epithelium: of(t.epithelium),
    membrane: of(t.membrane),
    kind: Uint8Array.from(rows, (row) => t.kind[row]!),
    key: Uint32Array.from(rows, (row) => t.key[row]!),
  };
}
