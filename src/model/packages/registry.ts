import { bioimage } from './bioimage.js';
import { huggingFace } from './hugging-face.js';
import { monai } from './monai.js';
import type { PackageFormat } from './package.js';
import { wsinfer } from './wsinfer.js';

/** Every way to describe a network in a document beside it, in the order in which they are tried. Another one is a line here and a file. */
export const formats: readonly PackageFormat[] = [bioimage, wsinfer, huggingFace, monai];
