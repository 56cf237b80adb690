/**
 * Random numbers that depend only on a place and a seed, so that any part of a slide can be drawn without drawing the
 * rest. They mix integers like the finaliser of MurmurHash3 (Austin Appleby, public domain).
 */

/** A well mixed 32-bit key for the cell `(a, b)` of a grid. Different grids use different seeds. */
export function keyOf(seed: number, a: number, b: number): number {
  let h = Math.imul(seed ^ Math.imul(a, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ Math.imul(b, 0x27d4eb2f), 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13), 0x85ebca6b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The random number of a key with this index, uniform in [0, 1). */
export function draw(key: number, index: number): number {
  let h = key + Math.imul(index + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** The random number of a key with this index, uniform in [low, high). */
export function between(key: number, index: number, low: number, high: number): number {
  return low + (high - low) * draw(key, index);
}

/** Smooth value noise in [-1, 1] with features about one unit wide. */
export function noise(seed: number, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  let u = x - column;
  let v = y - row;
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  const a = keyOf(seed, column, row);
  const b = keyOf(seed, column + 1, row);
  const c = keyOf(seed, column, row + 1);
  const d = keyOf(seed, column + 1, row + 1);
  const top = a + (b - a) * u;
  const bottom = c + (d - c) * u;
  return (top + (bottom - top) * v) / 2147483648 - 1;
}

/** Side of a texture, in pixels. */
export const TEXTURE = 512;

/**
 * A seamless square texture of noise in [-1, 1], `TEXTURE` pixels wide, with features about `pixels` wide. Fine grain is
 * looked up in it because that is faster than computing it.
 */
export function texture(seed: number, pixels: number): Float32Array {
  const cells = Math.max(2, Math.min(TEXTURE, Math.round(TEXTURE / pixels)));
  const out = new Float32Array(TEXTURE * TEXTURE);
  for (let row = 0; row < TEXTURE; row++) {
    for (let column = 0; column < TEXTURE; column++) {
      out[row * TEXTURE + column] =
        0.7 * periodic(seed, column, row, cells) + 0.3 * periodic(seed ^ 0x5bd1e995, column, row, Math.min(TEXTURE, cells * 2));
    }
  }
  return out;
}

function periodic(seed: number, column: number, row: number, cells: number): number {
  const x = ((column + 0.5) * cells) / TEXTURE;
  const y = ((row + 0.5) * cells) / TEXTURE;
  const left = Math.floor(x);
  const top = Math.floor(y);
  let u = x - left;
  let v = y - top;
  u = u * u * (3 - 2 * u);
  v = v * v * (3 - 2 * v);
  const right = (left + 1) % cells;
  const below = (top + 1) % cells;
  const a = keyOf(seed, left, top);
  const b = keyOf(seed, right, top);
  const c = keyOf(seed, left, below);
  const d = keyOf(seed, right, below);
  const upper = a + (b - a) * u;
  return (upper + (c + (d - c) * u - upper) * v) / 2147483648 - 1;
}
