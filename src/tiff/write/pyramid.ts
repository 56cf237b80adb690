import type { Box, Size } from '../../types.js';
import type { PixelBytes } from './tile-codec.js';

/**
 * How a 2 × 2 block becomes one pixel of the next level. At an odd edge the block repeats its last column or row.
 *
 * - `majority` is for labels: the most frequent of the four wins. On a tie, a label wins over background, so that thin
 *   structures stay visible; of two labels, the first in reading order wins, so that no class wins by its number. The
 *   result is always a value of the block.
 * - `mean` is for colours and probabilities. A mean of bytes is rounded half up. A mean of floats ignores NaN; it is
 *   NaN only if all four are.
 */
export type Reduce = 'majority' | 'mean';

/**
 * Sizes of all levels, full resolution first. Each is half of the one before, rounded up, until the longest side fits
 * one tile.
 */
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
 * The part of a square tile that lies inside the image: a rectangle at the top left of the tile. `data` holds all
 * pixels of the tile, `tile * tile`, and starts at a multiple of 4 bytes of its buffer.
 */
export interface TileArea extends Size {
  readonly data: Uint8Array;
}

/**
 * Halves the area of one tile into another tile of the same format, with its top left pixel at `(x, y)` of the target.
 * The width of a tile and `x` are multiples of 8.
 */
export function halve(
  source: TileArea,
  target: Uint8Array,
  x: number,
  y: number,
  tile: number,
  pixel: PixelBytes,
  reduce: Reduce,
): void {
  const { data } = source;
  if (reduce === 'majority' && pixel === 4) halveWords(source, words(data), words(target), x, y, tile, majority);
  else if (reduce === 'majority' && pixel === 2) halveWords(source, halfWords(data), halfWords(target), x, y, tile, majority);
  else if (reduce === 'majority') halveLabels(source, target, x, y, tile);
  else if (pixel === 4) halveWords(source, floats(data), floats(target), x, y, tile, meanOfFloats);
  else halveSamples(source, target, x, y, tile, pixel);
}

const words = ({ buffer, byteOffset, length }: Uint8Array) => new Uint32Array(buffer, byteOffset, length >> 2);
const floats = ({ buffer, byteOffset, length }: Uint8Array) => new Float32Array(buffer, byteOffset, length >> 2);
const halfWords = ({ buffer, byteOffset, length }: Uint8Array) => new Uint16Array(buffer, byteOffset, length >> 1);

/** The value of a pixel of the next level, from the four pixels of a block. */
type Reducer = (a: number, b: number, c: number, d: number) => number;

/** Halves pixels of 4 bytes each. `from` and `to` are the numbers of the source and of the target. */
function halveWords<Words extends Float32Array | Uint32Array | Uint16Array>(
  { width, height }: Size,
  from: Words,
  to: Words,
  x: number,
  y: number,
  tile: number,
  reducer: Reducer,
) {
  for (let top = 0; top < height; top += 2) {
    const upper = top * tile;
    const lower = Math.min(top + 1, height - 1) * tile;
    let out = (y + (top >> 1)) * tile + x;
    for (let left = 0; left < width; left += 2) {
      const right = Math.min(left + 1, width - 1);
      to[out++] = reducer(from[upper + left]!, from[upper + right]!, from[lower + left]!, from[lower + right]!);
    }
  }
}

function meanOfFloats(a: number, b: number, c: number, d: number): number {
  const mean = (a + b + c + d) / 4;
  return Number.isNaN(mean) ? meanOfNumbers([a, b, c, d]) : mean;
}

function meanOfNumbers(values: readonly number[]): number {
  const numbers = values.filter((value) => !Number.isNaN(value));
  // Not computed as 0 / 0, because the sign bit of that NaN depends on the processor.
  return numbers.length === 0 ? Number.NaN : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
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
  // Signed, as the results of operations on bits are.
  const four = new Int32Array(data.buffer, data.byteOffset, data.length >> 2);
  const pairs = new Uint16Array(target.buffer, target.byteOffset, target.length >> 1);
  for (let top = 0; top < height; top += 2) {
    const upper = top * tile;
    const lower = Math.min(top + 1, height - 1) * tile;
    const out = (y + (top >> 1)) * tile + x;
    let left = 0;
    // Four columns at once.
    for (; left + 4 <= width; left += 4) {
      const above = four[(upper + left) >> 2]!;
      const below = four[(lower + left) >> 2]!;
      // Nearly everywhere all eight pixels have one label.
      if (above === below && above === Math.imul(above & 255, 0x0101_0101)) {
        pairs[(out + (left >> 1)) >> 1] = above;
        continue;
      }
      // The highest byte that is not 0, found without a branch: at borders of small objects it would be predicted wrongly.
      const either = above | below;
      const label = (either >>> (24 - (Math.clz32(either) & 24))) & 255;
      if (above === Math.imul(label, marks(above)) && below === Math.imul(label, marks(below))) {
        // There is only background and one label, which wins if at least two of four pixels have it.
        const counts = marks(above) + marks(below);
        const pairsOf = (counts & 0x00ff_00ff) + ((counts >>> 8) & 0x00ff_00ff);
        const won = ((pairsOf >>> 1) | (pairsOf >>> 2)) & 0x0001_0001;
        pairs[(out + (left >> 1)) >> 1] = Math.imul((won | (won >>> 8)) & 0xffff, label);
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

/** Marks the bytes of a word that are not 0: each becomes 1. */
function marks(word: number): number {
  let bits = word | ((word >>> 4) & 0x0f0f_0f0f);
  bits |= (bits >>> 2) & 0x3f3f_3f3f;
  bits |= (bits >>> 1) & 0x7f7f_7f7f;
  return bits & 0x0101_0101;
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

/** Fills the part of an edge tile right of and below its area, with zeros or with copies of the last column and row. */
export function padTile(
  { data, width, height }: TileArea,
  tile: number,
  pixel: PixelBytes,
  padding: 'zero' | 'replicate',
): void {
  const stride = tile * pixel;
  const used = width * pixel;
  if (width < tile) {
    for (let row = 0; row < height; row++) {
      const start = row * stride;
      if (padding === 'zero') data.fill(0, start + used, start + stride);
      else for (let i = start + used; i < start + stride; i++) data[i] = data[i - pixel]!;
    }
  }
  if (padding === 'zero') data.fill(0, height * stride);
  else for (let row = height; row < tile; row++) data.copyWithin(row * stride, (height - 1) * stride, height * stride);
}

/** The value that all pixels have, its bytes packed into one number; undefined if pixels differ. */
export function uniformValue(data: Uint8Array, pixel: PixelBytes): number | undefined {
  // Compares the memory with itself, shifted by one pixel.
  const same = Buffer.compare(data.subarray(pixel), data.subarray(0, data.length - pixel)) === 0;
  if (!same) return undefined;
  return data.subarray(0, pixel).reduce((packed, byte) => packed * 256 + byte, 0);
}

/** Fills a rectangle of a tile with a packed value of {@link uniformValue}. */
export function fillUniform(data: Uint8Array, box: Box, tile: number, pixel: PixelBytes, value: number): void {
  const stride = tile * pixel;
  for (let row = box.y; row < box.y + box.height; row++) {
    const start = row * stride + box.x * pixel;
    const end = start + box.width * pixel;
    for (let byte = 0, rest = value; byte < pixel; byte++, rest = Math.floor(rest / 256)) {
      const last = start + pixel - 1 - byte;
      if (pixel === 1) data.fill(rest, start, end);
      else for (let i = last; i < end; i += pixel) data[i] = rest & 255;
    }
  }
}
