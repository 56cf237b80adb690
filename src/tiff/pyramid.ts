import type { Box, Size } from '../types.js';

/**
 * How a 2 x 2 block becomes one pixel of the next level. `majority` is for labels: the most frequent of the four. On a tie a label
 * beats background, so that thin structures stay visible, and of two labels the one that comes first in reading order wins, so that
 * no class wins by its number. A label that is not in the block never comes out. `mean` is for colours and probabilities, rounded
 * half up. At an odd edge the block repeats its last column or row.
 */
export type Reduce = 'majority' | 'mean';

/** Sizes of all levels, full resolution first: each half of the one before, rounded up, until the longest side fits one tile. */
export function levelSizes(size: Size, tile: number): readonly Size[] {
  const sizes = [size];
  for (let { width, height } = size; Math.max(width, height) > tile; ) {
    width = Math.ceil(width / 2);
    height = Math.ceil(height / 2);
    sizes.push({ width, height });
  }
  return sizes;
}

/**
 * A rectangle at the top left of a square tile that lies inside the image: `data` has `tile * tile * channels` samples and starts
 * at a multiple of 4 bytes of its buffer.
 */
export interface TileArea extends Size {
  readonly data: Uint8Array;
}

/**
 * Halves the area of one tile into another tile of the same format, with its top left pixel at `(x, y)` of the target. The width
 * of a tile and `x` are multiples of 8.
 */
export function halve(
  source: TileArea,
  target: Uint8Array,
  x: number,
  y: number,
  tile: number,
  channels: 1 | 3,
  reduce: Reduce,
): void {
  if (reduce === 'majority') halveLabels(source, target, x, y, tile);
  else halveSamples(source, target, x, y, tile, channels);
}

function halveSamples(
  { data, width, height }: TileArea,
  target: Uint8Array,
  x: number,
  y: number,
  tile: number,
  channels: number,
) {
  const stride = tile * channels;
  for (let top = 0; top < height; top += 2) {
    const upper = top * stride;
    const lower = Math.min(top + 1, height - 1) * stride;
    let out = ((y + (top >> 1)) * tile + x) * channels;
    for (let left = 0; left < width; left += 2) {
      const a = left * channels;
      const b = Math.min(left + 1, width - 1) * channels;
      for (let c = 0; c < channels; c++) {
        const sum = data[upper + a + c]! + data[upper + b + c]! + data[lower + a + c]! + data[lower + b + c]!;
        target[out++] = (sum + 2) >> 2;
      }
    }
  }
}

function halveLabels({ data, width, height }: TileArea, target: Uint8Array, x: number, y: number, tile: number) {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  const pairs = new Uint16Array(target.buffer, target.byteOffset, target.length >> 1);
  for (let top = 0; top < height; top += 2) {
    const upper = top * tile;
    const lower = Math.min(top + 1, height - 1) * tile;
    const out = (y + (top >> 1)) * tile + x;
    let left = 0;
    // Masks are runs of equal labels: four columns at once where all eight pixels agree.
    for (; left + 4 <= width; left += 4) {
      const word = words[(upper + left) >> 2]!;
      const label = word & 255;
      if (word === words[(lower + left) >> 2] && word === label * 0x0101_0101) {
        pairs[(out + (left >> 1)) >> 1] = label * 0x0101;
        continue;
      }
      const i = upper + left;
      const j = lower + left;
      target[out + (left >> 1)] = majority(data[i]!, data[i + 1]!, data[j]!, data[j + 1]!);
      target[out + (left >> 1) + 1] = majority(data[i + 2]!, data[i + 3]!, data[j + 2]!, data[j + 3]!);
    }
    for (; left < width; left += 2) {
      const right = Math.min(left + 1, width - 1);
      target[out + (left >> 1)] = majority(
        data[upper + left]!,
        data[upper + right]!,
        data[lower + left]!,
        data[lower + right]!,
      );
    }
  }
}

function majority(a: number, b: number, c: number, d: number): number {
  if (a === b && c === d && a === c) return a;
  const ofA = 1 + +(b === a) + +(c === a) + +(d === a);
  const ofB = 1 + +(a === b) + +(c === b) + +(d === b);
  const ofC = 1 + +(a === c) + +(b === c) + +(d === c);
  const ofD = 1 + +(a === d) + +(b === d) + +(c === d);
  const most = Math.max(ofA, ofB, ofC, ofD);
  if (ofA === most && a !== 0) return a;
  if (ofB === most && b !== 0) return b;
  if (ofC === most && c !== 0) return c;
  if (ofD === most && d !== 0) return d;
  return 0;
}

/** Fills what lies right of and below the area of an edge tile with zeros, or with copies of the last column and row. */
export function padTile({ data, width, height }: TileArea, tile: number, channels: 1 | 3, padding: 'zero' | 'replicate'): void {
  const stride = tile * channels;
  const used = width * channels;
  if (width < tile) {
    for (let row = 0; row < height; row++) {
      const start = row * stride;
      if (padding === 'zero') data.fill(0, start + used, start + stride);
      else for (let i = start + used; i < start + stride; i++) data[i] = data[i - channels]!;
    }
  }
  if (padding === 'zero') data.fill(0, height * stride);
  else for (let row = height; row < tile; row++) data.copyWithin(row * stride, (height - 1) * stride, height * stride);
}

/** The one value of all pixels, its samples packed into one number, or undefined where they differ. */
export function uniformValue(data: Uint8Array, channels: 1 | 3): number | undefined {
  // One comparison of memory with itself, shifted by a pixel.
  const same = Buffer.compare(data.subarray(channels), data.subarray(0, data.length - channels)) === 0;
  if (!same) return undefined;
  return channels === 1 ? data[0]! : (data[0]! << 16) | (data[1]! << 8) | data[2]!;
}

/** Fills a rectangle of a tile with a packed value of {@link uniformValue}. */
export function fillUniform(data: Uint8Array, box: Box, tile: number, channels: 1 | 3, value: number): void {
  const stride = tile * channels;
  for (let row = box.y; row < box.y + box.height; row++) {
    const start = row * stride + box.x * channels;
    const end = start + box.width * channels;
    if (channels === 1) {
      data.fill(value, start, end);
    } else {
      for (let i = start; i < end; i += 3) {
        data[i] = value >> 16;
        data[i + 1] = (value >> 8) & 255;
        data[i + 2] = value & 255;
      }
    }
  }
}
