import { open } from 'node:fs/promises';
import { SegtileError } from '../../errors.js';
import { orientationNotes } from '../../tiff/samples/orientation.js';
import { bandHeight } from '../band-height.js';
import type { LabelImage, ValueBand } from './label-image.js';
import { PNG_SAMPLES, type PngHeader, type PngOpener, pngRows, readPngHeader, readPngOrientation } from './png.js';

/**
 * Opens a PNG of labels, from a file or from memory: grey of 1 to 16 bits, a palette (the indices are the values), or
 * RGB. A fully transparent pixel counts as black. Each pass reads the file from its start, a few rows at a time.
 *
 * @throws {SegtileError} `input` if it is damaged; `unsupported` if it is interlaced
 */
export async function openLabelPng(path: string, opener?: PngOpener): Promise<LabelImage> {
  const header = await readPngHeader(path, opener);
  const { width, height, depth, color, interlaced } = header;
  const channels = color === 2 || color === 6 ? 3 : 1;
  if (interlaced) throw new SegtileError('unsupported', `${path} is interlaced`, 'save the mask without interlacing');
  const orientation = await readPngOrientation(opener ?? (() => open(path)));
  const step = bandHeight(width * channels);
  return {
    path,
    width,
    height,
    channels,
    notes: orientationNotes(orientation, 'EXIF'),
    async *readBands(rows, columns, signal) {
      const end = Math.min(rows.start + rows.length, height);
      if (rows.start >= end) return;
      let y = 0;
      let band:
        | { readonly span: { start: number; length: number }; readonly data: Uint8Array | Uint16Array | undefined }
        | undefined;
      for await (const bytes of pngRows(path, header, signal, opener)) {
        if (y >= rows.start) {
          if (band === undefined) {
            const span = { start: y, length: Math.min(step, end - y) };
            const samples = width * span.length * channels;
            const wanted = columns(span).length > 0;
            band = { span, data: wanted ? (depth === 16 ? new Uint16Array(samples) : new Uint8Array(samples)) : undefined };
          }
          if (band.data) unpackRow(path, header, bytes, y, band.data, (y - band.span.start) * width * channels);
          if (y + 1 === band.span.start + band.span.length) {
            yield bandOf(band.span.start, band.span.length, width, band.data);
            band = undefined;
          }
        }
        if (++y === end) return;
      }
    },
    close: async () => undefined,
  };
}

function bandOf(y: number, height: number, width: number, data: Uint8Array | Uint16Array | undefined): ValueBand {
  return { y, height, runs: data === undefined ? [] : [{ x: 0, width, height, data }] };
}

/** Writes the values or the colours of a row to `out`, from `at` on. */
function unpackRow(
  path: string,
  { width, depth, color }: PngHeader,
  bytes: Uint8Array,
  y: number,
  out: Uint8Array | Uint16Array,
  at: number,
): void {
  if (color === 4 || color === 6) {
    unpackAlpha(path, PNG_SAMPLES[color]!, depth >> 3, width, bytes, y, out, at);
  } else if (depth === 8) {
    out.set(bytes, at);
  } else if (depth === 16) {
    for (let i = 0; i * 2 < bytes.length; i++) out[at + i] = (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!;
  } else {
    const mask = (1 << depth) - 1;
    for (let i = 0; i < width; i++) {
      const bit = i * depth;
      out[at + i] = (bytes[bit >> 3]! >> (8 - depth - (bit & 7))) & mask;
    }
  }
}

/** Unpacks a row of pixels whose last sample is alpha; each sample has `size` bytes. */
function unpackAlpha(
  path: string,
  samples: number,
  size: number,
  width: number,
  bytes: Uint8Array,
  y: number,
  out: Uint8Array | Uint16Array,
  at: number,
): void {
  const opaque = size === 2 ? 65535 : 255;
  const sample = (i: number) => (size === 2 ? (bytes[i * 2]! << 8) | bytes[i * 2 + 1]! : bytes[i]!);
  for (let x = 0; x < width; x++) {
    const alpha = sample(x * samples + samples - 1);
    if (alpha !== 0 && alpha !== opaque) {
      throw new SegtileError(
        'input',
        `${path} is half transparent at pixel (${x}, ${y}): alpha ${alpha} of ${opaque}`,
        'save the mask without transparency',
      );
    }
    for (let c = 0; c < samples - 1; c++) out[at++] = alpha === 0 ? 0 : sample(x * samples + c);
  }
}
