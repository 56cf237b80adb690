/**
 * Amounts of the substances that a stain colours, one plane each, row by row: chromatin, cytoplasm, matrix, red blood
 * cells. Every pixel of tissue is painted once; nuclei are drawn on top.
 */
export interface Substances {
  readonly chromatin: Float32Array;
  readonly cytoplasm: Float32Array;
  readonly matrix: Float32Array;
  readonly blood: Float32Array;
}

/** 1 on a line, falling to 0 at a distance of `half` on both sides. */
export function line(distance: number, half: number): number {
  const off = distance < 0 ? -distance : distance;
  return off < half ? 1 - off / half : 0;
}

/** 0 below `from`, 1 above `to`, and linear in between. */
export function ramp(value: number, from: number, to: number): number {
  return value <= from ? 0 : value >= to ? 1 : (value - from) / (to - from);
}
