import { writeLabelMask } from '../../../mask/label-mask.js';
import type { Mpp, Size } from '../../../types.js';
import type { Keep } from '../../records/files-and-record.js';
import type { Making, Result } from '../output.js';

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

/** Makes the mask itself: a label for each pixel. */
export async function makeMask(
  path: string,
  result: Result,
  { palette }: PaletteOptions,
  keep: Keep,
): Promise<Making<MaskFacts>> {
  const { size, geo, classes, maskValues, replace } = result;
  const labels = keep(
    path,
    await writeLabelMask(path, { size, mpp: size.mpp, geo, classes, values: maskValues, palette, replace }),
  );
  return { labels, facts: async () => ({ path, width: size.width, height: size.height, mpp: size.mpp ?? null }) };
}
