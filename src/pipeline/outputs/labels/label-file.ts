import { type LabelMask, writeLabelMask } from '../../../mask/label-mask.js';
import { createPreview, type Preview } from '../../../mask/preview/preview.js';
import type { RasterRows, Sink } from '../../../types.js';

/** A file that is made of the labels of the mask alone. Plain data, so that any thread can make it. */
export type LabelFile = { readonly path: string } & (
  | { readonly kind: 'mask'; readonly mask: LabelMask }
  | { readonly kind: 'preview'; readonly preview: Preview }
);

/**
 * Begins the file.
 *
 * @throws {SegtileError} `output` if it cannot be begun
 */
export function openLabelFile(file: LabelFile): Promise<Sink<RasterRows>> {
  return file.kind === 'mask' ? writeLabelMask(file.path, file.mask) : createPreview(file.path, file.preview);
}
