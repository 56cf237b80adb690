import { SegtileError } from '../errors.js';
import { openFile } from '../io/source.js';
import { type ImageKind, imageKind } from '../tiff/image-kind.js';
import type { Size } from '../types.js';
import type { TruthConfig } from './config.js';
import { imageTruth } from './images/image-truth.js';
import { openLabelPng } from './images/label-png.js';
import { openLabelTiff } from './images/label-tiff.js';
import { isCoco, openJsonTruth, sizeInCoco } from './shapes/json-truth.js';
import { openRleCsv } from './shapes/rle-csv.js';
import { openXmlTruth } from './shapes/xml-truth.js';
import { isPacked, startOfText } from './text-file.js';
import type { Truth } from './truth.js';

/** What is needed to read a file of truth. */
export interface TruthOptions {
  /** Level 0 of the slide, in pixels. */
  readonly size: Size;
  readonly config: TruthConfig;
  /** The name of the slide in files that hold the truth of several slides. */
  readonly slideName: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the truth of a slide: a label image (TIFF or PNG), GeoJSON, COCO, XML of ImageScope or Halo, or a CSV of runs.
 * The first bytes of the file tell its kind.
 *
 * @throws {SegtileError} `input` if it is missing, damaged, or does not fit the slide or the classes; `unsupported` if
 *   it is stored in a way that segtile does not read
 */
export async function openTruth(path: string, { size, config, slideName, signal }: TruthOptions): Promise<Truth> {
  const source = await openFile(path);
  let kept = false;
  try {
    const start = new Uint8Array(Math.min(64, source.size));
    await source.read([{ offset: 0, into: start }], signal);
    switch (kindOf(isPacked(start) ? await startOfText(path, 64) : start)) {
      case 'TIFF': {
        const truth = imageTruth(await openLabelTiff(source, signal), size, config);
        kept = true;
        return truth;
      }
      case 'PNG':
        return imageTruth(await openLabelPng(path), size, config);
      case 'JSON':
        return await openJsonTruth(path, slideName, size, config, signal);
      case 'XML':
        return await openXmlTruth(path, size, config);
      case 'JPEG':
        throw new SegtileError(
          'unsupported',
          `${path} is a JPEG, which changes the values of labels`,
          'export the mask as PNG or TIFF from the program that made it',
        );
      default:
        return await openRleCsv(path, slideName, size, config, signal);
    }
  } finally {
    if (!kept) await source.close();
  }
}

/**
 * Opens an image of labels, TIFF or PNG, at its own size.
 *
 * @throws {SegtileError} `input` if it is missing, damaged or not such an image; `unsupported` if it is stored in a way
 *   that segtile does not read
 */
export async function openLabels(path: string, config: TruthConfig, signal?: AbortSignal): Promise<Truth & Size> {
  const source = await openFile(path);
  let kept = false;
  try {
    const start = new Uint8Array(Math.min(64, source.size));
    await source.read([{ offset: 0, into: start }], signal);
    const kind = kindOf(start);
    if (kind !== 'TIFF' && kind !== 'PNG') {
      throw new SegtileError(
        'input',
        `${path} is not a mask: expected a TIFF or PNG of labels`,
        'give a mask that segtile infer wrote',
      );
    }
    const image = kind === 'TIFF' ? await openLabelTiff(source, signal) : await openLabelPng(path);
    kept = kind === 'TIFF';
    const { width, height } = image;
    return { ...imageTruth(image, image, config), width, height };
  } finally {
    if (!kept) await source.close();
  }
}

/**
 * The size in pixels that a truth file states for its slide: that of a label image, or of the image in COCO. Undefined
 * for other kinds, which state no size.
 *
 * @throws {SegtileError} like {@link openTruth}
 */
export async function sizeOfTruth(path: string, name: string, signal?: AbortSignal): Promise<Size | undefined> {
  const source = await openFile(path);
  let kind: ReturnType<typeof kindOf>;
  try {
    const start = new Uint8Array(Math.min(64, source.size));
    await source.read([{ offset: 0, into: start }], signal);
    kind = kindOf(isPacked(start) ? await startOfText(path, 64) : start);
  } finally {
    await source.close();
  }
  if (kind === 'JSON') return (await isCoco(path, signal)) ? await sizeInCoco(path, name, signal) : undefined;
  if (kind !== 'TIFF' && kind !== 'PNG') return undefined;
  const image = kind === 'TIFF' ? await openLabelTiff(await openFile(path), signal) : await openLabelPng(path);
  await image.close();
  return { width: image.width, height: image.height };
}

function kindOf(start: Uint8Array): ImageKind | 'JSON' | 'XML' | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(start);
  const [, first] = /^\uFEFF?\s*([{[<])/.exec(text) ?? [];
  return imageKind(start) ?? (first === undefined ? undefined : first === '<' ? 'XML' : 'JSON');
}
