import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { numberLists } from '../plan/labels/runs/number-lists.js';
import type { TiffLayout } from '../tiff/write/layout.js';
import { deflateCodec } from '../tiff/write/tile-codec.js';
import { writeTiff } from '../tiff/write/write.js';
import type { Mpp, RasterRows, Sink, Size } from '../types.js';

/**
 * Runs of pixels, four numbers for each: the number of its object, its row, its first column, and the column after its
 * last one.
 */
export type InstanceRuns = readonly number[];

/** An image that stores the number of an object in each pixel. */
export interface InstanceMap extends CommitOptions {
  readonly size: Size;
  /** Size of a pixel in micrometres, if known. */
  readonly mpp?: Mpp | undefined;
}

/** Rows that are painted together: fewer than a tile has, because the image keeps a row of tiles besides. */
const BAND = 32;

/** The side of a tile. Rows of tiles are in memory, with up to four bytes a pixel, so tiles are smaller than a mask's. */
const TILE = 128;

/** The largest number that 16 bits hold. */
const MOST_OF_16 = 65_535;

/**
 * Writes a tiled, pyramidal TIFF of whole numbers: 16-bit if all fit, else 32-bit. Background is 0, and each pixel of
 * an object has the number of the object. Runs may come in any order and take bounded memory: a hidden file beside the
 * image holds them until `finish` paints them.
 *
 * @throws {SegtileError} `output` if the file cannot be written; `aborted` after `abort`
 */
export async function writeInstanceMap(path: string, { size, mpp, replace }: InstanceMap): Promise<Sink<InstanceRuns>> {
  const { width, height } = size;
  // The image is opened before anything gets its final name: a later run knows files of a killed one by what was open then.
  const file = await openPartialFile(path, { replace });
  const scratch = await openPartialFile(path).catch(async (error: unknown) => {
    await file.discard();
    throw error;
  });
  const runs = numberLists(Math.ceil(height / BAND), scratch);
  let largest = 0;
  let painting: Sink<RasterRows> | undefined;

  /** Writes the image. It appears under its name when this resolves. */
  async function paint(): Promise<void> {
    const samples = largest > MOST_OF_16 ? 'uint32' : 'uint16';
    const layout: TiffLayout = {
      size,
      mpp,
      channels: 1,
      samples,
      tile: TILE,
      // Runs of one byte are rare in numbers of several bytes.
      codec: deflateCodec('samples'),
      reduce: 'majority',
      levels: 'chained',
      oneRow: true,
      description: 'segtile instances: 0 is background, else the number of an object',
      software: 'segtile',
    };
    const image = await writeTiff(path, layout, file);
    painting = image;
    const memory = samples === 'uint32' ? new Uint32Array(width * BAND) : new Uint16Array(width * BAND);
    for (let y = 0; y < height; y += BAND) {
      const rows = Math.min(BAND, height - y);
      // The image keeps no rows after it has taken them.
      const numbers = memory.subarray(0, width * rows).fill(0);
      for await (const piece of runs.pieces(y / BAND)) {
        for (let i = 0; i < piece.length; i += 4) {
          const row = (piece[i + 1]! - y) * width;
          const [number, end] = [piece[i]!, row + piece[i + 3]!];
          // Runs are short: a loop is faster than a call.
          for (let at = row + piece[i + 2]!; at < end; at++) numbers[at] = number;
        }
      }
      await image.write({ y, width, height: rows, channels: 1, data: new Uint8Array(numbers.buffer, 0, numbers.byteLength) });
    }
    await image.finish();
  }

  const discard = async (): Promise<void> => {
    await scratch.discard();
    await painting?.abort();
    await file.discard();
  };

  return {
    write: async (more) => {
      for (let i = 0; i < more.length; i += 4) {
        largest = Math.max(largest, more[i]!);
        const band = Math.floor(more[i + 1]! / BAND);
        for (let k = i; k < i + 4; k++) runs.push(band, more[k]!);
      }
      await runs.settle();
    },
    finish: async () => {
      try {
        await paint();
        await scratch.discard();
      } catch (error) {
        await discard();
        throw error;
      }
    },
    abort: discard,
  };
}
