import type { Directory } from '../directory.js';

/** ITU-R BT.601, the default of TIFF 6.0 for the tag YCbCrCoefficients. */
const BT_601 = [0.299, 0.587, 0.114] as const;

/** Full range, the default of TIFF 6.0 for the tag ReferenceBlackWhite. */
const FULL_RANGE = [0, 255, 128, 255, 128, 255] as const;

/**
 * Converts interleaved 8-bit Y, Cb, Cr to red, green, blue, in place (TIFF 6.0, section 21). Not for JPEG data, which
 * their decoder converts.
 */
export function yCbCrToRgb(pixels: Uint8Array, directory: Pick<Directory, 'lumaWeights' | 'blackWhite'>): Uint8Array {
  const [red, green, blue] = directory.lumaWeights ?? BT_601;
  const range = directory.blackWhite ?? FULL_RANGE;
  const table = (black: number, white: number, span: number, gain: number) =>
    Float32Array.from({ length: 256 }, (_, code) => (((code - black) * span) / (white - black)) * gain);
  const luma = table(range[0]!, range[1]!, 255, 1);
  const redOfCr = table(range[4]!, range[5]!, 127, 2 - 2 * red);
  const blueOfCb = table(range[2]!, range[3]!, 127, 2 - 2 * blue);
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const y = luma[pixels[at]!]!;
    const r = y + redOfCr[pixels[at + 2]!]!;
    const b = y + blueOfCb[pixels[at + 1]!]!;
    clamped[at + 1] = (y - red * r - blue * b) / green;
    clamped[at] = r;
    clamped[at + 2] = b;
  }
  return pixels;
}
