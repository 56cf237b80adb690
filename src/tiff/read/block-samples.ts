import { endianness } from 'node:os';
import type { Samples } from '../../types.js';
import { predictorOf } from '../codecs/registry.js';
import type { Directory } from '../directory.js';
import { rowBytes, samplesInBlock, unitSize } from '../samples/block-bytes.js';
import { FLOAT, SIGNED, sampleType } from '../samples/native.js';
import { yCbCrToRgb } from '../samples/ycbcr.js';

const LITTLE = endianness() === 'LE';

/** Samples of whole bytes, as unsigned integers of the host. */
type WordArray = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

type WordSize = 8 | 16 | 32 | 64;

function isWordSize(depth: number): depth is WordSize {
  return depth === 8 || depth === 16 || depth === 32 || depth === 64;
}

/**
 * Turns the decompressed bytes of a block into samples: puts bytes into the order of the host, undoes a predictor,
 * unpacks bits. YCbCr becomes RGB. The bytes may be overwritten.
 *
 * @param rows number of rows that the bytes hold
 */
export function toSamples(directory: Directory, bytes: Uint8Array, rows: number): Samples {
  const { bits, blockWidth, photometric } = directory;
  const depth = bits[0]!;
  const stride = samplesInBlock(directory);
  const type = sampleType(directory);
  const unit = unitSize(directory);
  if (unit !== undefined) return yCbCrToRgb(spreadUnits(bytes, blockWidth, rows, unit), directory);
  const predictor = predictorOf(directory);
  const rowLength = blockWidth * stride;
  if (!isWordSize(depth)) return spreadBits(bytes, rows, rowLength, rowBytes(directory), depth);
  if (predictor === 3) return asFloats(directory, unpredictFloats(bytes, rowLength, stride, depth));
  const words = inHostOrder(bytes, depth, directory.littleEndian);
  if (predictor === 2) unpredict(words, rowLength, stride);
  if (type === 'float32') return asFloats(directory, words);
  if (photometric === 6) return yCbCrToRgb(words as Uint8Array, directory);
  return words as Uint8Array | Uint16Array;
}

/** Views bytes as unsigned integers. Swaps bytes, or moves them to an aligned place, if the host needs that. */
function inHostOrder(bytes: Uint8Array, depth: WordSize, littleEndian: boolean): WordArray {
  if (depth === 8) return bytes;
  const size = depth / 8;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const words = Buffer.from(aligned.buffer, aligned.byteOffset, aligned.length - (aligned.length % size));
  if (littleEndian !== LITTLE) {
    if (depth === 16) words.swap16();
    else if (depth === 32) words.swap32();
    else words.swap64();
  }
  return viewAs(words, depth);
}

function viewAs({ buffer, byteOffset, length }: Uint8Array, depth: WordSize): WordArray {
  if (depth === 8) return new Uint8Array(buffer, byteOffset, length);
  if (depth === 16) return new Uint16Array(buffer, byteOffset, length / 2);
  if (depth === 32) return new Uint32Array(buffer, byteOffset, length / 4);
  return new BigUint64Array(buffer, byteOffset, length / 8);
}

/** Converts samples of other kinds to the nearest 32-bit floats. */
function asFloats({ sampleFormat, bits }: Directory, words: WordArray): Float32Array {
  const { byteOffset, length } = words;
  const buffer = words.buffer as ArrayBuffer;
  const depth = bits[0]!;
  if (sampleFormat === FLOAT) {
    if (depth === 32) return new Float32Array(buffer, byteOffset, length);
    if (depth === 64) return Float32Array.from(new Float64Array(buffer, byteOffset, length));
    const halves = words as Uint16Array;
    const values = valuesOfHalves();
    return Float32Array.from(halves, (half) => values[half]!);
  }
  const signed = sampleFormat === SIGNED;
  if (depth === 64) {
    const whole = words as BigUint64Array;
    const floats = new Float32Array(length);
    for (let i = 0; i < length; i++) floats[i] = Number(signed ? BigInt.asIntN(64, whole[i]!) : whole[i]);
    return floats;
  }
  if (!signed) return Float32Array.from(words as Uint32Array);
  const Integers = depth === 8 ? Int8Array : depth === 16 ? Int16Array : Int32Array;
  return Float32Array.from(new Integers(buffer, byteOffset, length));
}

let halfValues: Float32Array | undefined;

/** The value of each float of 16 bits: a sign, five bits of exponent, ten of fraction (IEEE 754 binary16). */
function valuesOfHalves(): Float32Array {
  halfValues ??= Float32Array.from({ length: 65_536 }, (_, half) => {
    const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
  return halfValues;
}

/**
 * Undoes predictor 2, in place: each sample is stored as its difference from the same sample of the pixel to the left
 * (TIFF 6.0, section 14).
 */
function unpredict(samples: WordArray, rowLength: number, stride: number): void {
  if (samples instanceof BigUint64Array) {
    // Sums wrap around when they are stored.
    for (let i = 0; i < samples.length; i++) if (i % rowLength >= stride) samples[i] = samples[i]! + samples[i - stride]!;
    return;
  }
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
 * Undoes predictor 3: a row stores the highest bytes of all its floats, then the next lower ones, and so on; each byte
 * is stored as its difference from the byte `stride` before it (Adobe Photoshop TIFF technical note 3). The byte order
 * of the file plays no part.
 */
function unpredictFloats(bytes: Uint8Array, rowLength: number, stride: number, depth: WordSize): WordArray {
  const size = depth / 8;
  const ordered = new Uint8Array(bytes.length);
  for (let row = 0; row + rowLength * size <= bytes.length; row += rowLength * size) {
    const end = row + rowLength * size;
    for (let i = row + stride; i < end; i++) bytes[i] = bytes[i]! + bytes[i - stride]!;
    for (let byte = 0; byte < size; byte++) {
      const place = LITTLE ? size - 1 - byte : byte;
      const from = row + byte * rowLength;
      for (let i = 0; i < rowLength; i++) ordered[row + i * size + place] = bytes[from + i]!;
    }
  }
  return viewAs(ordered.subarray(0, ordered.length - (ordered.length % size)), depth);
}

/** Unpacks samples of 1 to 16 bits, the first in the high bits of its byte. Rows start on whole bytes. */
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

/** Expands subsampled YCbCr to one Y, Cb and Cr for each pixel. Colour is repeated, not interpolated. */
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
