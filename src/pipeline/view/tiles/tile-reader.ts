import { SegtileError, throwIfAborted } from '../../../errors.js';
import { newSamples, typeOf } from '../../../tiff/samples/native.js';
import type { Band, Box, Pixels, Samples, Size, Span } from '../../../types.js';
import { halvedSize, type Tiled } from '../../../view/pyramid.js';

/** Longest side, in px, of an image that is held in memory. */
const HELD_SIDE = 4096;

/** After how many halvings an image is small enough to be held in memory. */
export function halvingsToHold({ width, height }: Size): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / HELD_SIDE)));
}

/** Reads a rectangle of an image that was halved some times. */
export type ReadTile = (halvings: number, box: Box, signal: AbortSignal) => Promise<Pixels<Samples>>;

/** An image whose rectangles can be read after any number of halvings. */
export interface TileReader extends Tiled {
  /** The width and height of level 0, in pixels of this image. */
  readonly spans: Size;
  readonly read: ReadTile;
  /**
   * The bytes of a tile as a JPEG file, if the image's own file has exactly these pixels as a JPEG; else undefined.
   *
   * @throws {SegtileError} `input` if they are damaged
   */
  jpeg?(halvings: number, box: Box, signal: AbortSignal): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** See `View.readBands`. */
type ReadRows = (rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal) => AsyncIterable<Band<Samples>>;

/** Reads a rectangle of an image that comes in bands. */
export async function readBox(read: ReadRows, box: Box, signal: AbortSignal): Promise<Pixels<Samples>> {
  const { x, y, width, height } = box;
  const columns = [{ start: x, length: width }];
  let out: Pixels<Samples> | undefined;
  for await (const band of read({ start: y, length: height }, () => columns, signal)) {
    throwIfAborted(signal);
    for (const { x: left, pixels } of band.runs) {
      const { channels, data } = pixels;
      out ??= { width, height, channels, data: newSamples(typeOf(data), width * height * channels) };
      const [from, to] = [Math.max(x, left), Math.min(x + width, left + pixels.width)];
      for (let row = Math.max(y, band.y); row < Math.min(y + height, band.y + band.height); row++) {
        const start = ((row - band.y) * pixels.width + from - left) * channels;
        out.data.set(data.subarray(start, start + (to - from) * channels), ((row - y) * width + from - x) * channels);
      }
    }
    band.release?.();
  }
  if (out === undefined) throw new SegtileError('input', `there are no pixels at (${x}, ${y})`);
  return out;
}

/** Cuts a rectangle from an image in memory. */
export function cropped({ width: across, channels, data }: Pixels<Samples>, { x, y, width, height }: Box): Pixels<Samples> {
  const out = newSamples(typeOf(data), width * height * channels);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * across + x) * channels;
    out.set(data.subarray(start, start + width * channels), row * width * channels);
  }
  return { width, height, channels, data: out };
}

/** Shrinks a rectangle of an image in memory: each pixel of the result covers `step` pixels of the image on each side. */
export type Shrink = (image: Pixels<Samples>, box: Box, step: number) => Pixels<Samples> | Promise<Pixels<Samples>>;

/**
 * Reads strongly halved images from memory, because a file without a pyramid must not be read as a whole for each tile.
 *
 * @param from the number of halvings at which the image is read once and kept
 */
export function heldFrom(size: Size, from: number, read: ReadTile, shrink: Shrink): ReadTile {
  let held: Promise<Pixels<Samples>> | undefined;
  return async (halvings, box, signal) => {
    if (halvings < from) return read(halvings, box, signal);
    // Shared by all callers: it must not stop when one of them no longer waits. So it gets a signal of its own.
    held ??= read(from, { x: 0, y: 0, ...halvedSize(size, from) }, new AbortController().signal);
    held.catch(() => {
      held = undefined;
    });
    const image = await held;
    return halvings === from ? cropped(image, box) : shrink(image, box, 2 ** (halvings - from));
  };
}

/** Takes the centre of the pixels that each pixel covers. For labels, which cannot be averaged. */
export function nearestOf(
  { width: across, height: down, channels, data }: Pixels<Samples>,
  box: Box,
  step: number,
): Pixels<Samples> {
  const { width, height } = box;
  const out = newSamples(typeOf(data), width * height * channels);
  const middle = step >> 1;
  for (let row = 0; row < height; row++) {
    const y = Math.min(down - 1, (box.y + row) * step + middle);
    for (let column = 0; column < width; column++) {
      const x = Math.min(across - 1, (box.x + column) * step + middle);
      for (let c = 0; c < channels; c++) out[(row * width + column) * channels + c] = data[(y * across + x) * channels + c]!;
    }
  }
  return { width, height, channels, data: out };
}

/** Takes the mean of the pixels that each pixel covers. */
export function meanOf(
  { width: across, height: down, channels, data }: Pixels<Samples>,
  box: Box,
  step: number,
): Pixels<Samples> {
  const { width, height } = box;
  const out = newSamples(typeOf(data), width * height * channels);
  for (let row = 0; row < height; row++) {
    const [top, bottom] = [(box.y + row) * step, Math.min(down, (box.y + row + 1) * step)];
    for (let column = 0; column < width; column++) {
      const [left, right] = [(box.x + column) * step, Math.min(across, (box.x + column + 1) * step)];
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += data[(y * across + x) * channels + c]!;
        const mean = sum / ((bottom - top) * (right - left));
        out[(row * width + column) * channels + c] = data instanceof Float32Array ? mean : Math.round(mean);
      }
    }
  }
  return { width, height, channels, data: out };
}
