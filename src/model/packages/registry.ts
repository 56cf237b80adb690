import { bioimage } from './bioimage.js';
import { huggingFace } from './hugging-face.js';
import { monai } from './monai.js';
import type { PackageFormat } from './package.js';
import { wsinfer } from './wsinfer.js';

/**
 * All formats that describe a network in a document beside it, in the order in which they are tried. To add one, add a
 * file and an entry here.
 */
export const formats: readonly PackageFormat[] = [bioimage, wsinfer, huggingFace, monai];
