import { SegtileError } from '../../errors.js';
import type { Pixels } from '../../types.js';
import { openLabelPng } from './label-png.js';
import type { PngOpener } from './png.js';

/**
 * The labels of a PNG that is small enough to be held: grey of 1 to 16 bits, or a palette, whose indices are the labels.
 *
 * @param name what it is called in errors
 * @returns one channel, and what was decided where the file can be read in more than one way, as sentences for people
 * @throws {SegtileError} `input` where it is damaged, or has labels above 255; `unsupported` where it has colours, or is interlaced
 */
export async function readLabelTile(
  name: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<Pixels & { readonly notes: readonly string[] }> {
  const { width, height, channels, notes = [], readBands } = await openLabelPng(name, memory(bytes));
  if (channels !== 1) {
    throw new SegtileError('unsupported', `${name} has colours, not labels`, 'save the labels as grey or with a palette');
  }
  const data = new Uint8Array(width * height);
  for await (const { y, runs } of readBands({ start: 0, length: height }, () => [{ start: 0, length: width }], signal)) {
    for (const run of runs) {
      if (run.data instanceof Uint16Array) {
        const at = run.data.findIndex((value) => value > 255);
        if (at >= 0) {
          const place = `(${at % width}, ${y + Math.floor(at / width)})`;
          throw new SegtileError('input', `${name} has the value ${run.data[at]} at pixel ${place}`, 'labels are at most 255');
        }
      }
      data.set(run.data, y * width);
    }
  }
  return { width, height, channels: 1, data, notes };
}

function memory(bytes: Uint8Array): PngOpener {
  return async () => ({
    read: async (into, offset, length, position) => {
      const piece = bytes.subarray(position, position + length);
      into.set(piece, offset);
      return { bytesRead: piece.length };
    },
    close: async () => undefined,
  });
}
