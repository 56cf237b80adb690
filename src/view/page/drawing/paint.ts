import { IGNORED } from '../../../plan/labels/ignored.js';
import type { MaskClass, Rgb } from '../../../types.js';

/**
 * The colours of the pixels of a mask, by how they compare with the truth: the same class, a class only in the truth, a
 * class only in the mask, or another class in each.
 */
export const ERROR_COLORS: Readonly<Record<'right' | 'missed' | 'extra' | 'other', Rgb>> = {
  right: [70, 170, 110],
  missed: [0, 114, 178],
  extra: [213, 94, 0],
  other: [204, 51, 153],
};

/** Four bytes per pixel: red, green, blue and opacity. */
type Rgba = Uint8ClampedArray<ArrayBuffer>;

/** Paints labels in the colours of their classes. Background and hidden classes are transparent. */
export function paintLabels(labels: Uint8Array, classes: readonly MaskClass[], hidden: readonly number[]): Rgba {
  const table = new Uint32Array(256);
  const bytes = new Uint8Array(table.buffer);
  bytes.set([128, 128, 128, 255], IGNORED * 4);
  for (const { label, color } of classes) bytes.set([...color, hidden.includes(label) ? 0 : 255], label * 4);
  const out = new Uint32Array(labels.length);
  for (let i = 0; i < labels.length; i++) out[i] = table[labels[i]!]!;
  return new Uint8ClampedArray(out.buffer);
}

/**
 * Paints where labels agree with the truth and where they do not, see {@link ERROR_COLORS}. Ignored pixels are transparent.
 *
 * @param same whether pixels on which both agree are painted, too
 */
export function paintErrors(labels: Uint8Array, truth: Uint8Array, hidden: readonly number[], same: boolean): Rgba {
  const out = new Uint8ClampedArray(labels.length * 4);
  for (let i = 0; i < labels.length; i++) {
    const [own, wanted] = [hidden.includes(labels[i]!) ? 0 : labels[i]!, hidden.includes(truth[i]!) ? 0 : truth[i]!];
    if (wanted === IGNORED || (own === 0 && wanted === 0)) continue;
    if (own === wanted && !same) continue;
    const kind = own === wanted ? 'right' : own === 0 ? 'missed' : wanted === 0 ? 'extra' : 'other';
    const [r, g, b] = ERROR_COLORS[kind];
    out[4 * i] = r;
    out[4 * i + 1] = g;
    out[4 * i + 2] = b;
    out[4 * i + 3] = kind === 'right' ? 90 : 255;
  }
  return out;
}

/**
 * Equally spaced colours of the scale of probabilities, from 0 to 1: from dark violet over red to yellow, getting
 * lighter (after matplotlib's inferno).
 */
const SCALE: readonly Rgb[] = [
  [0, 0, 4],
  [40, 11, 84],
  [101, 21, 110],
  [159, 42, 99],
  [212, 72, 66],
  [245, 125, 21],
  [250, 193, 39],
  [252, 255, 164],
];

/** The colour of a value from 0 to 1. */
export function scaleColor(value: number): Rgb {
  const at = Math.min(1, Math.max(0, value)) * (SCALE.length - 1);
  const low = Math.min(SCALE.length - 2, Math.floor(at));
  const mix = (c: 0 | 1 | 2): number => Math.round(SCALE[low]![c] + (SCALE[low + 1]![c] - SCALE[low]![c]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}

const colors = Uint8Array.from(Array.from({ length: 256 }, (_, byte) => scaleColor(byte / 255)).flat());

/**
 * Paints a plane of probabilities in the colours of the scale. Values near 0 are transparent, so that the slide stays
 * visible.
 */
export function paintAmounts(plane: Uint8Array | Float32Array): Rgba {
  const out = new Uint8ClampedArray(plane.length * 4);
  const factor = plane instanceof Float32Array ? 255 : 1;
  for (let i = 0; i < plane.length; i++) {
    const byte = Math.round(plane[i]! * factor);
    if (!(byte >= 0)) continue;
    out[4 * i] = colors[3 * byte]!;
    out[4 * i + 1] = colors[3 * byte + 1]!;
    out[4 * i + 2] = colors[3 * byte + 2]!;
    out[4 * i + 3] = Math.min(255, byte * 5);
  }
  return out;
}
