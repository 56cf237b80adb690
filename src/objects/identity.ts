import type { TracedPolygon } from './regions.js';

/**
 * Returns a function that names objects of a class by their content. The name is a UUID (RFC 9562, version 8)
 * computed from the class and the outlines, so the same object has the same name in every run and in every file. No
 * two objects of a mask have the same outlines, so two of them share a name only with a chance of 1 in 2^122.
 *
 * @param of what else identifies the objects, such as their class and the scale of the outlines
 */
export function identifier(of: string): (polygons: readonly TracedPolygon[]) => string {
  const seed = new Int32Array([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]);
  for (let i = 0; i < of.length; i++) stir(seed, of.charCodeAt(i), i);
  const state = new Int32Array(4);
  return (polygons) => {
    state.set(seed);
    for (const polygon of polygons) {
      stir(state, polygon.length, -1);
      for (const ring of polygon) {
        stir(state, ring.length, -2);
        for (let i = 0; i < ring.length; i += 2) stir(state, ring[i]!, ring[i + 1]!);
      }
    }
    // Mixes until each bit of each word affects all words.
    for (let turn = 0; turn < 4; turn++) stir(state, turn, -3);
    const [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!].map((word) => hex8(finish(word)));
    const variant = ((Number.parseInt(c![0]!, 16) & 3) | 8).toString(16);
    return `${a}-${b!.slice(0, 4)}-8${b!.slice(5)}-${variant}${c!.slice(1, 4)}-${c!.slice(4)}${d}`;
  };
}

/** Mixes two numbers into four words, with the multipliers and rotations of MurmurHash3. */
function stir(state: Int32Array, x: number, y: number): void {
  const a = Math.imul(state[0]! ^ Math.imul(x, 0xcc9e2d51), 0x1b873593);
  const b = Math.imul(state[1]! ^ Math.imul(y, 0x239b961b), 0xab0e9789) + a;
  const c = Math.imul(state[2]! ^ turned(a, 13), 0x38b34ae5) + b;
  const d = Math.imul(state[3]! ^ turned(b, 17), 0xa1e38b93) + c;
  state[0] = turned(a + d, 15);
  state[1] = turned(b ^ d, 19);
  state[2] = turned(c, 17);
  state[3] = turned(d, 13) + 0x561ccd1b;
}

function turned(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function finish(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The two hexadecimal digits of each byte. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex8(word: number): string {
  return `${DIGITS[word >>> 24]}${DIGITS[(word >>> 16) & 255]}${DIGITS[(word >>> 8) & 255]}${DIGITS[word & 255]}`;
}
