import { endianness } from 'node:os';
import type { Samples } from '../types.js';
import { rowBytes, samplesInBlock, unitSize } from './block-bytes.js';
import { codecOf } from './codecs.js';
import type { Directory } from './directory.js';
import { sampleType } from './native.js';
import { yCbCrToRgb } from './ycbcr.js';

const LITTLE = endianness() === 'LE';

/**
 * Turns the bytes of a block, as they were before compression, into samples: puts bytes in order, takes the differences of a predictor
 * back, spreads packed bits. YCbCr becomes RGB. The bytes may be overwritten.
 *
 * @param rows that the bytes hold
 */
export function toSamples(directory: Directory, bytes: Uint8Array, rows: number): Samples {
  const { bits, blockWidth, photometric } = directory;
  const depth = bits[0]!;
  const stride = samplesInBlock(directory);
  const type = sampleType(directory);
  const unit = unitSize(directory);
  if (unit !== undefined) return yCbCrToRgb(spreadUnits(bytes, blockWidth, rows, unit), directory);
  const predictor = codecOf(directory.compression)?.predictors.includes(directory.predictor) ? directory.predictor : 1;
  if (predictor === 3) return unpredictFloats(bytes, blockWidth * stride, stride);
  if (depth !== 8 && depth !== 16 && depth !== 32)
    return spreadBits(bytes, rows, blockWidth * stride, rowBytes(directory), depth);
  const samples = inHostOrder(bytes, depth, directory.littleEndian);
  if (predictor === 2) unpredict(samples, blockWidth * stride, stride);
  if (type === 'float32') return new Float32Array(samples.buffer, samples.byteOffset, samples.length);
  if (photometric === 6) return yCbCrToRgb(samples as Uint8Array, directory);
  return samples as Uint8Array | Uint16Array;
}

/** Views bytes as unsigned integers; swaps and moves them where the host needs it. */
function inHostOrder(bytes: Uint8Array, depth: 8 | 16 | 32, littleEndian: boolean): Uint8Array | Uint16Array | Uint32Array {
  if (depth === 8) return bytes;
  const size = depth / 8;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const words = Buffer.from(aligned.buffer, aligned.byteOffset, aligned.length - (aligned.length % size));
  if (littleEndian !== LITTLE) depth === 16 ? words.swap16() : words.swap32();
  return depth === 16
    ? new Uint16Array(words.buffer, words.byteOffset, words.length / 2)
    : new Uint32Array(words.buffer, words.byteOffset, words.length / 4);
}

/** Predictor 2: each sample is kept as its difference from the same sample of the pixel to the left (TIFF 6.0, section 14). */
function unpredict(samples: Uint8Array | Uint16Array | Uint32Array, rowLength: number, stride: number): void {
  for (let row = 0; row < samples.length; row += rowLength) {
    const end = row + rowLength;
    for (let sample = 0; sample < stride; sample++) {
      // Sums wrap around, in 32 bits as in the 8 or 16 that are stored.
      let sum = 0;
      for (let i = row + sample; i < end; i += stride) {
        sum = (sum + samples[i]!) | 0;
        samples[i] = sum;
      }
    }
  }
}

/**
 * Predictor 3: a row holds the highest bytes of all its floats, then the next lower ones, and so on; each byte is kept as its difference
 * from the byte `stride` before it (Adobe Photoshop TIFF technical note 3). The byte order of the file plays no part.
 */
function unpredictFloats(bytes: Uint8Array, rowLength: number, stride: number): Float32Array {
  const floats = new Float32Array(Math.floor(bytes.length / 4));
  const out = new DataView(floats.buffer);
  for (let row = 0; row + rowLength * 4 <= bytes.length; row += rowLength * 4) {
    const end = row + rowLength * 4;
    for (let i = row + stride; i < end; i++) bytes[i] = bytes[i]! + bytes[i - stride]!;
    for (let i = 0; i < rowLength; i++) {
      const at = row + i;
      const high = (bytes[at]! << 24) | (bytes[at + rowLength]! << 16);
      const low = (bytes[at + 2 * rowLength]! << 8) | bytes[at + 3 * rowLength]!;
      out.setInt32(row + i * 4, high | low, LITTLE);
    }
  }
  return floats;
}

/** Samples of 1 to 16 bits, the first in the high bits of its byte; rows start on whole bytes. */
function spreadBits(
  bytes: Uint8Array,
  rows: number,
  rowLength: number,
  rowBytes: number,
  depth: number,
): Uint8Array | Uint16Array {
  const samples = depth > 8 ? new Uint16Array(rows * rowLength) : new Uint8Array(rows * rowLength);
  const mask = 2 ** depth - 1;
  for (let row = 0, to = 0; row < rows; row++) {
    let at = row * rowBytes;
    let held = 0;
    let count = 0;
    for (let i = 0; i < rowLength; i++) {
      while (count < depth) {
        held = ((held << 8) | bytes[at++]!) & 0xffffff;
        count += 8;
      }
      count -= depth;
      samples[to++] = (held >> count) & mask;
    }
  }
  return samples;
}

/** Subsampled YCbCr as one Y, Cb and Cr for each pixel; colour is repeated, not smoothed. */
function spreadUnits(bytes: Uint8Array, width: number, rows: number, [across, down]: readonly [number, number]): Uint8Array {
  const pixels = new Uint8Array(width * rows * 3);
  const colours = across * down;
  for (let top = 0, at = 0; top < rows; top += down) {
    for (let left = 0; left < width; left += across, at += colours + 2) {
      for (let y = 0; y < down && top + y < rows; y++) {
        for (let x = 0; x < across && left + x < width; x++) {
          const to = ((top + y) * width + left + x) * 3;
          pixels[to] = bytes[at + y * across + x]!;
          pixels[to + 1] = bytes[at + colours]!;
          pixels[to + 2] = bytes[at + colours + 1]!;
        }
      }
    }
  }
  return pixels;
}
