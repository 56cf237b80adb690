import type { Size } from '../../types.js';

/**
 * Makes the values of one window, plane by plane: from 0 to 1 for an image, of any size for stress. Windows are made on
 * demand to save memory.
 */
export type TrialWindow = () => Float32Array<ArrayBuffer>;

/** Side of a block of one colour, in px. */
const BLOCK = 16;

type Paint = (x: number, y: number, channel: number) => number;

/** Colours of cells, of the tissue around them and of glass, in red, green and blue. */
const stains = [
  [0.36, 0.24, 0.52],
  [0.86, 0.6, 0.74],
  [0.95, 0.93, 0.95],
] as const;
const primaries = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 0],
  [0, 1, 1],
  [1, 0, 1],
] as const;

/**
 * Images that together cover what photographs contain: noise, something like stained tissue, blocks of random colours,
 * stripes, pure colours and flat images. They are the same on every machine.
 *
 * @param channels red, green and blue; further channels repeat these
 */
export function naturalWindows(size: Size, channels: number): TrialWindow[] {
  const paints: readonly ((draw: () => number) => Paint)[] = [
    (draw) => draw,
    (draw) => (x, y, channel) => {
      const wave = Math.sin(x / 9) * Math.sin(y / 7) + 0.6 * Math.sin((x + 2 * y) / 31);
      return stains[wave > 0.75 ? 0 : wave > -0.7 ? 1 : 2][channel % 3]! + 0.08 * (draw() - 0.5);
    },
    (draw) => blockColours(size, channels, draw),
    () => (x, _, channel) => (Math.floor(x / (4 + channel)) % 2 === 0 ? 0.9 : 0.15),
    () => (x, y, channel) => primaries[(Math.floor(x / BLOCK) + 2 * Math.floor(y / BLOCK)) % primaries.length]![channel % 3]!,
    () => () => 1,
    () => () => 0,
    () => () => 0.5,
  ];
  return paints.map((paint, index) => () => painted(size, channels, paint(draws(index + 1))));
}

/**
 * Windows that are unlike any image: at each amplitude, noise around 0, blocks of random numbers around 0, and the same
 * blocks negated. A bounded output stays bounded for any input; logits do not.
 */
export function stressWindows(size: Size, channels: number, amplitudes: readonly number[]): TrialWindow[] {
  return amplitudes.flatMap((amplitude, index) => {
    const normal = (draw: () => number) => () =>
      amplitude * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
    const noise = () => painted(size, channels, normal(draws(100 + index)));
    const blocks = () => painted(size, channels, blockColours(size, channels, normal(draws(200 + index))));
    return [noise, blocks, () => blocks().map((value) => -value)];
  });
}

function painted({ width, height }: Size, channels: number, paint: Paint): Float32Array<ArrayBuffer> {
  const planes = new Float32Array(channels * width * height);
  for (let channel = 0, at = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) planes[at++] = paint(x, y, channel);
  return planes;
}

function blockColours({ width, height }: Size, channels: number, draw: () => number): Paint {
  const [across, down] = [Math.ceil(width / BLOCK), Math.ceil(height / BLOCK)];
  const colours = Float32Array.from({ length: channels * across * down }, draw);
  return (x, y, channel) => colours[(channel * down + Math.floor(y / BLOCK)) * across + Math.floor(x / BLOCK)]!;
}

/** Seeded random numbers from 0 to 1, from Numerical Recipes' linear congruential generator. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
