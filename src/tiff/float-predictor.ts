import { endianness } from 'node:os';

/**
 * Predictor 3 of float32 samples, one a pixel (Adobe Photoshop TIFF technical note 3): a row becomes the highest bytes of all its floats,
 * then the next lower ones, and so on, and of these each its difference from the one before.
 *
 * @param samples rows of floats as they stand in memory
 * @param width floats in a row
 */
export function predictFloats(samples: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(samples.length);
  const rowBytes = 4 * width;
  for (let row = 0; row < samples.length; row += rowBytes) {
    for (let byte = 0, to = row; byte < 4; byte++) {
      for (let from = row + ORDER[byte]!; to < row + (byte + 1) * width; from += 4) out[to++] = samples[from]!;
    }
    for (let i = row + rowBytes - 1; i > row; i--) out[i]! -= out[i - 1]!;
  }
  return out;
}

/** Takes {@link predictFloats} back. The bytes are overwritten. */
export function unpredictFloats(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const rowBytes = 4 * width;
  for (let row = 0; row < bytes.length; row += rowBytes) {
    for (let i = row + 1; i < row + rowBytes; i++) bytes[i]! += bytes[i - 1]!;
    for (let byte = 0, from = row; byte < 4; byte++) {
      for (let to = row + ORDER[byte]!; from < row + (byte + 1) * width; to += 4) out[to] = bytes[from++]!;
    }
  }
  return out;
}

/** Where the bytes of a float stand in memory, the highest first. */
const ORDER: readonly number[] = endianness() === 'LE' ? [3, 2, 1, 0] : [0, 1, 2, 3];
