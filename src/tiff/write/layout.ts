import { SegtileError } from '../../errors.js';
import type { CommitOptions } from '../../io/partial-file.js';
import type { Mpp, PlaneRows, Rgb } from '../../types.js';
import type { GeoTags } from '../geo.js';
import type { LevelLinks } from './directory.js';
import type { Reduce } from './pyramid.js';
import { pixelBytes, type TiledFormat } from './tile-codec.js';

/** The layout of a whole file. */
export interface TiffLayout extends TiledFormat, CommitOptions {
  /** How a level is made from the next larger one. */
  readonly reduce: Reduce;
  /** How the reduced levels are linked. */
  readonly levels: LevelLinks;
  /** Physical size of a level-0 pixel, written as resolution in pixels per cm; reduced levels state their own. */
  readonly mpp?: Mpp | undefined;
  /** Where level 0 lies on the earth. Readers assume that the reduced levels lie there, too. */
  readonly geo?: GeoTags | undefined;
  /** The colour of each of the 256 values, for viewers; absent if viewers are to show the samples themselves. */
  readonly palette?: readonly Rgb[] | undefined;
  readonly description?: string | undefined;
  readonly software?: string | undefined;
  /** Waits with further rows until a row of tiles is in the file: one row is in memory instead of two, but takes longer. */
  readonly oneRow?: boolean | undefined;
}

/**
 * Makes sure that a layout can be written.
 *
 * @throws {SegtileError} `usage` if it cannot
 */
export function checkLayout({ size, channels, samples = 'uint8', tile, codec, reduce, mpp, palette }: TiffLayout): void {
  for (const [name, value] of [
    ['width', size.width],
    ['height', size.height],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value >= 2 ** 31) {
      throw new SegtileError(
        'usage',
        `expected an integer from 1 to ${2 ** 31 - 1} for the ${name} of an image but got ${value}`,
      );
    }
  }
  if (!Number.isInteger(tile) || tile < 16 || tile % 16 !== 0) {
    throw new SegtileError('usage', `expected a positive multiple of 16 for the tile size but got ${tile}`);
  }
  if (reduce === 'majority' && (channels !== 1 || !codec.lossless)) {
    throw new SegtileError('usage', 'a pyramid by majority needs one channel and a lossless codec', 'reduce by mean instead');
  }
  if (samples === 'float32' && (channels !== 1 || reduce !== 'mean' || !codec.lossless)) {
    throw new SegtileError('usage', 'float32 needs one channel, a lossless codec and a pyramid by mean');
  }
  if ((samples === 'uint16' || samples === 'uint32') && (channels !== 1 || reduce !== 'majority')) {
    throw new SegtileError('usage', `${samples} needs one channel and a pyramid by majority`);
  }
  if (palette && (channels !== 1 || samples !== 'uint8' || palette.length !== 256)) {
    throw new SegtileError('usage', 'a palette needs one channel of bytes and 256 colours');
  }
  // These values fit a rational of two 32-bit numbers, with room to spare.
  if (mpp && ![mpp.x, mpp.y].every((value) => value >= 1e-4 && value <= 1e9)) {
    throw new SegtileError('usage', `expected 0.0001 to 1000000000 micrometres per pixel but got ${mpp.x} by ${mpp.y}`);
  }
}

/**
 * Makes sure that rows are the next ones of each plane, and have its width, channels and bytes.
 *
 * @param planes how many planes the file has
 * @param next the row that is due
 * @throws {SegtileError} `usage` if they do not fit
 */
export function checkRows(path: string, planeRows: PlaneRows, format: TiledFormat, planes: number, next: number): void {
  const { size, channels } = format;
  if (planeRows.length !== planes) {
    throw new SegtileError('usage', `expected rows of ${planes} plane(s) for ${path} but got ${planeRows.length}`);
  }
  for (const rows of planeRows) {
    const { y, width, height, data } = rows;
    const fits =
      y === next &&
      width === size.width &&
      rows.channels === channels &&
      y + height <= size.height &&
      height === planeRows[0]!.height &&
      data.byteLength === width * height * pixelBytes(format);
    if (fits) continue;
    throw new SegtileError(
      'usage',
      `expected rows from ${next} to at most ${size.height}, ${size.width} px wide with ${channels} channel(s), for ${path} but got ` +
        `rows ${y} to ${y + height}, ${width} px wide with ${rows.channels} channel(s) in ${data.byteLength} bytes`,
    );
  }
}
