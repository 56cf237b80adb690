import type { Pixels, Size } from '../../types.js';
import { byteCounts } from './byte-counts.js';
import { largest, saturations, smallest } from './saturation.js';

/** The inputs of the rules for tissue: brightness and saturation of every pixel of a view. */
export interface Seen extends Size {
  /** The view itself, in 8-bit RGB. */
  readonly pixels: Pixels;
  /** The largest of red, green and blue, 0 to 255: V of HSV. */
  readonly brightness: Uint8Array;
  /** S of HSV, 0 to 255. */
  readonly saturation: Uint8Array;
  /** The number of pixels of each brightness. */
  readonly counts: Uint32Array;
  /**
   * Whether the view has colour: in more than one pixel of 10,000, the channels differ by more than
   * {@link GREY_NOISE}.
   */
  readonly colour: boolean;
}

/** How much the channels of a grey pixel may differ after JPEG compression. */
const GREY_NOISE = 6;

const COLOURED_SHARE = 1e-4;

/** Computes brightness and saturation of every pixel, and whether the view has colour. */
export function look(pixels: Pixels): Seen {
  const { width, height, channels, data } = pixels;
  const brightness = new Uint8Array(width * height);
  const saturation = new Uint8Array(width * height);
  const table = saturations();
  let coloured = 0;
  for (let i = 0, at = 0; i < brightness.length; i++, at += channels) {
    const red = data[at]!;
    const green = data[at + 1]!;
    const blue = data[at + 2]!;
    const most = largest(red, green, blue);
    const least = smallest(red, green, blue);
    brightness[i] = most;
    saturation[i] = table[(most << 8) | least]!;
    coloured += (GREY_NOISE - (most - least)) >>> 31;
  }
  const counts = byteCounts(brightness);
  return { width, height, pixels, brightness, saturation, counts, colour: coloured > COLOURED_SHARE * brightness.length };
}

/**
 * S of HSV, 0 to 255, of every pixel, after a white balance that brings `white` to 255 in each channel:
 * `min(255, round(255 v / white))`.
 */
export function balancedSaturation({ width, height, channels, data }: Pixels, white: readonly number[]): Uint8Array {
  const [red, green, blue] = [0, 1, 2].map((c) =>
    Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, Math.round((value * 255) / Math.max(1, white[c]!)))),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  const plane = new Uint8Array(width * height);
  const table = saturations();
  for (let i = 0, at = 0; i < plane.length; i++, at += channels) {
    const r = red[data[at]!]!;
    const g = green[data[at + 1]!]!;
    const b = blue[data[at + 2]!]!;
    plane[i] = table[(Math.max(r, g, b) << 8) | Math.min(r, g, b)]!;
  }
  return plane;
}
