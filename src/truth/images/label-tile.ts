import { SegtileError } from '../../errors.js';
import type { Pixels } from '../../types.js';
import { openLabelPng } from './label-png.js';
import type { PngOpener } from './png.js';

/**
 * Reads the labels of a PNG that fits in memory: grey of 1 to 16 bits, or a palette (the indices are the labels).
 *
 * @param name of the file, for errors
 * @param bytes of the file
 * @returns the labels in one channel, and notes for the user that say how the file was read if there is more than one
 *   way
 * @throws {SegtileError} `input` if it is damaged, or has labels above 255; `unsupported` if it has colours, or is
 *   interlaced
 */
export async function readLabelTile(
  name: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<Pixels & { readonly notes: readonly string[] }> {
  const { width, height, channels, notes = [], readBands } = await openLabelPng(name, memory(bytes));
  if (channels !== 1) {
    throw new SegtileError(
      'unsupported',
      `${name} has colours, not labels`,
      'save the labels as grey values or with a palette',
    );
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
