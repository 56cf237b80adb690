import { type ByteSource, openFile } from '../../dist/io/source.js';
import { readTiff } from '../../dist/tiff/container.js';
import type { Directory } from '../../dist/tiff/directory.js';
import { requireBlocks } from '../../dist/tiff/read/check.js';
import { requireDecodable } from '../../dist/tiff/read/decodable.js';
import { readBands, readNativeBands } from '../../dist/tiff/read/read.js';
import { newSamples, typeOf } from '../../dist/tiff/samples/native.js';
import type { Pixels, Samples } from '../../dist/types.js';
import { gather } from './pictures.js';

/** The first image of a file in all ways in which it can be read. */
export interface Read {
  readonly big: boolean;
  readonly directory: Directory;
  rgb(): Promise<Uint8Array>;
  /** A rectangle of it as RGB. */
  region(x: number, y: number, width: number, height: number): Promise<Uint8Array>;
  /** Samples of some channels, all by default, put together from the bands. */
  native(channels?: readonly number[]): Promise<Pixels<Samples>>;
}

/** Opens a file, checks it as a slide is checked, and hands it to `use`. */
export async function withFile<Result>(path: string, use: (file: Read) => Promise<Result>): Promise<Result> {
  const source = await openFile(path);
  try {
    return await use(await readFrom(source));
  } finally {
    await source.close();
  }
}

/** See {@link withFile}. */
export async function readFrom(source: ByteSource): Promise<Read> {
  const { big, directories } = await readTiff(source);
  const directory = directories[0]!;
  requireDecodable(source.path, directory);
  requireBlocks(source, directory);
  const image = { source, directory, name: 'level 0' };
  const { width, height, samples } = directory;
  const rows = { start: 0, length: height };
  const columns = () => [{ start: 0, length: width }];
  return {
    big,
    directory,
    rgb: () => gather(readBands(image, rows, columns), width, height),
    region: async (x, y, across, down) => {
      const found = new Uint8Array(across * down * 3);
      for await (const band of readBands(image, { start: y, length: down }, () => [{ start: x, length: across }])) {
        const { x: left, pixels } = band.runs[0]!;
        for (let row = 0; row < band.height; row++) {
          const from = (row * pixels.width + x - left) * 3;
          found.set(pixels.data.subarray(from, from + across * 3), (band.y - y + row) * across * 3);
        }
      }
      return found;
    },
    native: async (channels = Array.from({ length: samples }, (_, i) => i)) => {
      let whole: Pixels<Samples> | undefined;
      for await (const { y, runs } of readNativeBands(image, rows, columns, channels)) {
        const { pixels } = runs[0]!;
        whole ??= { ...pixels, height, data: newSamples(typeOf(pixels.data), width * height * channels.length) };
        whole.data.set(pixels.data, y * width * channels.length);
      }
      return whole!;
    },
  };
}
