import type { Mpp, Size } from '../../../types.js';
import type { OfLabels, Result } from '../output.js';

/** The entry of a record on the mask. */
export interface MaskFacts extends Size {
  readonly path: string;
  readonly mpp: Mpp | null;
}

/** The options that say how the mask is written. */
export interface PaletteOptions {
  /** Whether the mask has a colour table. */
  readonly palette?: boolean | undefined;
}

/** The mask itself: a label for each pixel. */
export async function maskOfLabels(path: string, result: Result, { palette }: PaletteOptions): Promise<OfLabels<MaskFacts>> {
  const { size, geo, classes, maskValues, replace } = result;
  const { width, height, mpp } = size;
  const mask = { size: { width, height }, mpp, geo, classes, values: maskValues, palette, replace };
  return { file: { path, kind: 'mask', mask }, facts: { path, width, height, mpp: mpp ?? null } };
}
