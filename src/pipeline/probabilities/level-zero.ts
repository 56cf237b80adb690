import type { Probabilities } from '../../slide/probabilities.js';
import type { Mpp, Size } from '../../types.js';
import { slideBeside } from '../evaluate/slide-beside.js';

/**
 * Level 0 of the slide of a file of probabilities: from the record of its run beside it; without a record, the size of
 * the mask.
 */
export async function levelZero({ path, map: { mask } }: Probabilities): Promise<Size & { readonly mpp: Mpp | undefined }> {
  const { width, height } = (await slideBeside(path)) ?? mask;
  const mpp = mask.mpp && { x: (mask.mpp.x * mask.width) / width, y: (mask.mpp.y * mask.height) / height };
  return { width, height, mpp: mpp ?? undefined };
}
