import type { Pixels } from '../../dist/types.js';

/** A picture in which the colour of a pixel says where it is, up to 65,536 in each direction. */
export function places(width: number, height: number): Pixels {
  return paint(width, height, 3, (x, y) => [x & 255, y & 255, ((x >> 8) << 4) | (y >> 8)]);
}

/** The label of a place in {@link labels}: every fifth column and third row is known, one column is ignored. */
export function labelAt(x: number, y: number): number {
  return x % 11 === 3 ? 255 : x % 5 === 0 ? 1 + (y % 4) : y % 3 === 0 ? 7 : 0;
}

/** Labels as large as {@link places}. */
export function labels(width: number, height: number, label = labelAt): Pixels {
  return paint(width, height, 1, (x, y) => [label(x, y)]);
}

/** A picture of samples that a function says. */
export function paint(
  width: number,
  height: number,
  channels: number,
  samples: (x: number, y: number) => readonly number[],
): Pixels {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++) for (const each of samples(x, y)) data[i++] = each;
  return { width, height, channels, data };
}

/** Where a pixel of {@link places} is from. */
export function placeOf({ data }: Pixels, at: number): readonly [x: number, y: number] {
  const above = data[at * 3 + 2]!;
  return [data[at * 3]! + ((above >> 4) << 8), data[at * 3 + 1]! + ((above & 15) << 8)];
}

/** A pseudorandom byte for a place. */
export function noise(x: number, y: number, c: number): number {
  return (
    (Math.imul(Math.imul(x + 1, 73856093) ^ Math.imul(y + 1, 19349663) ^ Math.imul(c + 1, 83492791), 0x5bd1e995) >>> 24) & 255
  );
}
