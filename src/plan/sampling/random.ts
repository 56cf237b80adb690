/**
 * Random numbers that depend only on a seed, a name and an index. Each draw can be made without the draws before it,
 * so the result does not depend on order, on timing, or on the number of tries.
 */
export interface Random {
  /** The `index`-th pair of numbers, each uniform in [0, 1) with 53 bits. `index` is an integer from 0 to 2^53 - 1. */
  pair(index: number): readonly [number, number];
}

/**
 * Creates the random numbers for one purpose, such as the windows of one slide.
 *
 * @param seed an integer from 0 to 2^53 - 1
 * @param stream names the purpose; different names give independent draws
 */
export function createRandom(seed: number, stream: string): Random {
  const [high, low] = words(seed);
  const [a, b] = nameWords(stream);
  return {
    pair(index) {
      const [indexHigh, indexLow] = words(index);
      const out = philox([indexLow, indexHigh, a, b], [low, high]);
      return [fraction(out[0], out[1]), fraction(out[2], out[3])];
    },
  };
}

/**
 * A uniformly random order of the numbers `0 <= i < count` (Fisher and Yates). The same random numbers give the same
 * order.
 */
export function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random.pair(i)[0] * (i + 1));
    const held = order[i]!;
    order[i] = order[other]!;
    order[other] = held;
  }
  return order;
}

/** Four 32-bit words. */
export type Words = readonly [number, number, number, number];

/**
 * The generator Philox4x32-10: turns a counter and a key into four random words (Salmon, Moraes, Dror and Shaw 2011,
 * "Parallel random numbers: as easy as 1, 2, 3", section 3.3 and its constants).
 */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The upper 32 bits of the product of two unsigned 32-bit numbers, computed from halves of 16 bits. */
function multiplyHigh(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle % 65536);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(other / 65536)) | 0;
}

function words(value: number): readonly [high: number, low: number] {
  return [Math.floor(value / 2 ** 32), value >>> 0];
}

/** The fraction in [0, 1) that 53 bits of two words stand for. */
function fraction(high: number, low: number): number {
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/**
 * Hashes a name to two words: FNV-1a (Fowler, Noll and Vo, RFC 9923) over UTF-16 code units, with two starting
 * values.
 */
function nameWords(name: string): readonly [number, number] {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let i = 0; i < name.length; i++) {
    a = Math.imul(a ^ name.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ name.charCodeAt(i), 0x01000193);
  }
  return [a >>> 0, b >>> 0];
}
