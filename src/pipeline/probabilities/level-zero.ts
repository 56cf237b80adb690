import type { Probabilities } from '../../slide/probabilities.js';
import type { Mpp, Size } from '../../types.js';
import { slideBeside } from '../evaluate/slide-beside.js';

/** Level 0 of the slide of some probabilities, as the record of their run beside them tells it, else as large as the mask. */
export async function levelZero({ path, map: { mask } }: Probabilities): Promise<Size & { readonly mpp: Mpp | undefined }> {
  const { width, height } = (await slideBeside(path)) ?? mask;
  const mpp = mask.mpp && { x: (mask.mpp.x * mask.width) / width, y: (mask.mpp.y * mask.height) / height };
  return { width, height, mpp: mpp ?? undefined };
}
