import { between, draw, keyOf, noise } from '../random.js';
import type { Area } from '../structures/anatomy.js';
import type { Section } from '../structures/section.js';

/** A speck on the glass: a disc with a radius in µm. If `soft`, it is faint and out of focus. */
export interface Speck {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly soft: boolean;
  readonly strength: number;
  readonly key: number;
}

/** What is on the slide besides tissue. Lengths in µm. */
export interface Glass {
  /** A stroke of a felt pen: a polyline from one edge to another, across a corner. */
  readonly pen: {
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
    readonly bend: number;
    readonly width: number;
    readonly density: readonly [number, number, number];
    readonly key: number;
  };
  /** A round patch that is out of focus. */
  readonly haze: { readonly x: number; readonly y: number; readonly radius: number };
}

const DUST_CELL = 240;

/** The pen mark and the out-of-focus patch of a slide. */
export function dirty(section: Section, seed: number): Glass {
  const key = keyOf(seed, 41, 1);
  const { width, height } = section;
  const right = draw(key, 0) < 0.5;
  const bottom = draw(key, 1) < 0.5;
  const mirror = (u: number, v: number): [number, number] => [(right ? 1 - u : u) * width, (bottom ? 1 - v : v) * height];
  const colours = [
    [1.1, 0.75, 0.12],
    [0.95, 0.35, 0.75],
    [0.9, 0.9, 0.85],
  ] as const;
  let x = width / 2;
  let y = height / 2;
  for (let attempt = 0; attempt < 40; attempt++) {
    const u = width * between(key, 50 + 2 * attempt, 0.15, 0.85);
    const v = height * between(key, 51 + 2 * attempt, 0.15, 0.85);
    if (section.depth(u, v) < section.reach * 0.12) continue;
    [x, y] = [u, v];
    break;
  }
  return {
    pen: {
      from: mirror(between(key, 2, 0.1, 0.16), -0.02),
      to: mirror(-0.02, between(key, 3, 0.14, 0.24)),
      bend: between(key, 4, -0.012, 0.03) * Math.min(width, height),
      width: Math.min(600, 0.02 * Math.min(width, height)) * between(key, 5, 0.8, 1.2),
      density: colours[Math.floor(draw(key, 6) * colours.length)]!,
      key,
    },
    haze: { x, y, radius: section.reach * between(key, 7, 0.16, 0.24) },
  };
}

/** The specks near an area, in an order that does not depend on the area. */
export function specksIn(seed: number, area: Area): Speck[] {
  const found: Speck[] = [];
  const reach = 60;
  for (let row = Math.floor((area.top - reach) / DUST_CELL); row * DUST_CELL < area.bottom + reach; row++) {
    for (let column = Math.floor((area.left - reach) / DUST_CELL); column * DUST_CELL < area.right + reach; column++) {
      const key = keyOf(seed + 301, column, row);
      const pick = draw(key, 0);
      if (pick > 0.3) continue;
      const soft = pick < 0.07;
      const speck = {
        x: (column + draw(key, 1)) * DUST_CELL,
        y: (row + draw(key, 2)) * DUST_CELL,
        radius: soft ? between(key, 3, 12, 42) : 1.2 + 7 * draw(key, 3) ** 4,
        soft,
        strength: soft ? between(key, 4, 0.012, 0.05) : between(key, 4, 0.25, 0.9),
        key,
      };
      found.push(speck);
    }
  }
  return found;
}

/** How dark the pen's stroke is at a place, from 0 to about 1. */
export function ink(glass: Glass, x: number, y: number): number {
  const { from, to, bend, width, key } = glass.pen;
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const length = Math.sqrt(dx * dx + dy * dy);
  const along = ((x - from[0]) * dx + (y - from[1]) * dy) / length;
  const t = along / length;
  const across = ((x - from[0]) * -dy + (y - from[1]) * dx) / length - bend * 4 * t * (1 - t);
  const edge = width / 2 - Math.abs(across) + width * 0.06 * noise(key, along / (width * 0.6), across > 0 ? 0.5 : 7.5);
  if (edge < -2) return 0;
  const cover = Math.min(1, (edge + 2) / 6);
  const streak =
    0.72 +
    0.16 * noise(key + 1, along / (width * 3), across / (width * 0.06)) +
    0.1 * noise(key + 2, along / width, across / width);
  return cover * (streak + 0.22 * Math.max(0, 1 - edge / (width * 0.12)));
}

/** Whether {@link ink} may be above 0 anywhere in an area. */
export function inkTouches(glass: Glass, area: Area): boolean {
  const { from, to, bend, width } = glass.pen;
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const x = (area.left + area.right) / 2;
  const y = (area.top + area.bottom) / 2;
  const across = ((x - from[0]) * -(to[1] - from[1]) + (y - from[1]) * (to[0] - from[0])) / length;
  const half = Math.hypot(area.right - area.left, area.bottom - area.top) / 2;
  return Math.abs(across) < half + width + 4 * Math.abs(bend) * 8 || length < half;
}
