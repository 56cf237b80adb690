import type { Size } from '../../../src/types.js';
import { between, draw, keyOf, noise } from '../random.js';

/**
 * The layout of one section: where the tissue is, how deep a place lies below the kidney's capsule, and in which direction
 * the straight tubules run. All lengths are in µm, and positions count from the slide's top left corner.
 */
export interface Section {
  readonly width: number;
  readonly height: number;
  /** A measure of the section's size: about half of its shorter extent. */
  readonly reach: number;
  /** Approximate distance to the outline: positive inside. Cracks in the tissue count as outside. */
  depth(x: number, y: number): number;
  /** Distance below the kidney's fibrous capsule. Only meaningful in tissue. */
  below(x: number, y: number): number;
  /** How much a place belongs to straight tubules (medulla or a medullary ray), from 0 (not at all) to 1 (entirely). */
  straight(x: number, y: number): number;
  /** How scarred a place is, from 0 (healthy) to 1. */
  fibrosis(x: number, y: number): number;
  /**
   * The fan along which straight tubules run: its centre, the direction of its axis, and the capsule's distance from the
   * centre.
   */
  readonly fan: { readonly x: number; readonly y: number; readonly ux: number; readonly uy: number; readonly radius: number };
  readonly cortex: number;
}

/**
 * Lays out a section for a slide. About 55 to 70 % of the slide is tissue, whatever its shape.
 *
 * @param size of the slide, in µm
 */
export function layOut(size: Size, seed: number): Section {
  const { width, height } = size;
  const key = keyOf(seed, 11, 1);
  const centre = { x: width * between(key, 0, 0.47, 0.53), y: height * between(key, 1, 0.47, 0.53) };
  const tilt = between(key, 2, -0.25, 0.25);
  const cos = Math.cos(tilt);
  const sin = Math.sin(tilt);
  const power = between(key, 3, 2.2, 3.2);
  const outline = keyOf(seed, 11, 2);

  const contour = (x: number, y: number): number => {
    const u = x / width;
    const v = y / height;
    const du =
      (x - centre.x) / width +
      0.085 * noise(outline, u * 2.3, v * 2.3) +
      0.03 * noise(outline + 1, u * 6, v * 6) +
      0.01 * noise(outline + 7, u * 17, v * 17);
    const dv =
      (y - centre.y) / height +
      0.085 * noise(outline + 2, u * 2.3, v * 2.3) +
      0.03 * noise(outline + 3, u * 6, v * 6) +
      0.01 * noise(outline + 8, u * 17, v * 17);
    const p = Math.abs(du * cos - dv * sin);
    const q = Math.abs(du * sin + dv * cos);
    const rim = Math.min(u, 1 - u, v, 1 - v);
    return (p ** power + q ** power) ** (1 / power) + 5 * Math.max(0, 0.035 - rim);
  };
  const edge = quantile(contour, size, between(key, 4, 0.56, 0.67));
  const reach = Math.min(width, height) * edge;

  const angle = between(key, 5, -0.9, 0.9) + (draw(key, 6) < 0.75 ? -Math.PI / 2 : Math.PI / 2);
  const ux = Math.cos(angle);
  const uy = Math.sin(angle);
  const extent = edge * (Math.abs(ux) * width + Math.abs(uy) * height);
  const fan = { x: centre.x - ux * 2 * extent, y: centre.y - uy * 2 * extent, ux, uy, radius: 3 * extent };
  const cortex = Math.max(6000, 1.15 * extent);
  const rays = keyOf(seed, 11, 3);
  const scars = keyOf(seed, 11, 4);
  const cracks = keyOf(seed, 11, 5);

  const below = (x: number, y: number): number => fan.radius - Math.hypot(x - fan.x, y - fan.y);
  return {
    width,
    height,
    reach,
    fan,
    cortex,
    below,
    depth(x, y) {
      const ragged = 80 * noise(outline + 9, x / 1100, y / 1100) + 30 * noise(outline + 10, x / 370, y / 370);
      const fringe = 7 * noise(outline + 5, x / 90, y / 90) + 3 * noise(outline + 6, x / 22, y / 22);
      const whole = ((edge - contour(x, y)) / edge) * reach + ragged * Math.min(1, reach / 2500) + fringe;
      if (whole < -60) return whole;
      const where = noise(cracks, x / 700, y / 700);
      if (where < 0.44) return whole;
      const along = noise(cracks + 1, x / 330, y / 330) + 0.25 * noise(cracks + 2, x / 70, y / 70);
      const crack = (Math.abs(along) - 0.16 * (where - 0.44)) * 160;
      return Math.min(whole, crack);
    },
    straight(x, y) {
      const deep = below(x, y) - cortex + 300 * noise(rays, x / 900, y / 900);
      const medulla = clamp(deep / 200);
      const side = (x - fan.x) * -uy + (y - fan.y) * ux;
      const ahead = (x - fan.x) * ux + (y - fan.y) * uy;
      const across = (Math.atan2(side, ahead) * fan.radius) / 780 + 0.35 * noise(rays + 1, x / 900, y / 900);
      const ray = Math.abs(across - Math.round(across) + 0.12 * noise(rays + 2, x / 260, y / 260));
      return Math.max(medulla, clamp((0.15 - ray) / 0.04));
    },
    fibrosis(x, y) {
      const wx = x + 160 * noise(scars + 2, x / 300, y / 300);
      const wy = y + 160 * noise(scars + 3, x / 300, y / 300);
      return clamp(1.7 * noise(scars, wx / 700, wy / 700) + 0.5 * noise(scars + 1, x / 180, y / 180) - 0.65);
    },
  };
}

function clamp(value: number): number {
  return value < 0 ? 0 : Math.min(value, 1);
}

/** The value of `field` below which the given share of the slide lies, estimated on a raster of 96 × 96 places. */
function quantile(field: (x: number, y: number) => number, { width, height }: Size, share: number): number {
  const side = 96;
  const values = new Float64Array(side * side);
  for (let i = 0; i < values.length; i++) {
    values[i] = field((((i % side) + 0.5) / side) * width, ((Math.floor(i / side) + 0.5) / side) * height);
  }
  values.sort();
  return values[Math.floor(share * values.length)]!;
}
