import { SegtileError } from '../../errors.js';
import { type CommitOptions, openPartialFile } from '../../io/partial-file.js';
import { sharp } from '../../io/sharp.js';
import type { Box, MaskClass, Mpp, Pixels, RasterRows, Sink, Size } from '../../types.js';
import { scaleBar } from '../scale-bar.js';
import { legend } from './legend.js';
import { type Painter, painter } from './picture.js';
import { shareCounter } from './shares.js';

/** The parts of a preview. */
export interface Preview extends CommitOptions {
  /** The whole slide at low resolution, RGB. */
  readonly overview: Pixels;
  /** Size of the label rows that will be written, in px. */
  readonly size: Size;
  /** Every class whose label may occur. */
  readonly classes: readonly MaskClass[];
  /**
   * The boxes that the model looked at, in pixels of the label rows; everything else is shaded as skipped. If not
   * given, nothing is shaded.
   */
  readonly covered?: Iterable<Box> | undefined;
  /** Micrometres per pixel of the label rows; with it the picture has a scale bar. */
  readonly mpp?: Mpp | undefined;
}

/** Longest side of a preview, in px. */
const longest = 1600;

/**
 * Writes a JPEG that shows the slide with the mask over it and the skipped area shaded. Takes label rows of one channel
 * from top to bottom. Keeps for each class and preview pixel the share of the pixel that has the label: at most 2.5 MB
 * per class, whatever the size of the slide. The complete file appears when `finish` resolves.
 *
 * @throws {SegtileError} `usage` for an overview that is not RGB, for rows that do not fit and for labels without a
 *   class; `output` if the file cannot be written; `aborted` after `abort`
 */
export async function createPreview(
  path: string,
  { overview, size, classes, covered, mpp, replace }: Preview,
): Promise<Sink<RasterRows>> {
  if (overview.channels !== 3)
    throw new SegtileError('usage', `expected an RGB overview but got ${overview.channels} channel(s)`);
  const file = await openPartialFile(path, { replace });
  const target = previewSize(overview, size);
  const skipped = covered && skippedPixels(covered, size, target);
  const shares = shareCounter(size, target, classes);
  let started: { readonly painting: Promise<Painter>; readonly strip: Promise<Pixels | undefined> } | undefined;
  let finishing: Promise<void> | undefined;

  /** Starts when there is something to paint, not earlier: at first, the first windows need the processor more. */
  function start(): NonNullable<typeof started> {
    if (started) return started;
    const painting = resized(overview, target).then((slide) => painter(slide, shares.planes, classes, skipped));
    const scale = mpp && scaleBar(target.width, (mpp.x * size.width) / target.width);
    const strip = legend(target.width, classes, skipped !== undefined, scale);
    // These promises are awaited later; until then a failure must not be reported as unhandled.
    painting.catch(() => undefined);
    strip.catch(() => undefined);
    started = { painting, strip };
    return started;
  }

  async function finish(): Promise<void> {
    if (shares.rows !== size.height) {
      throw new SegtileError('usage', `expected ${size.height} rows for ${path} but got ${shares.rows}`);
    }
    const { painting, strip } = start();
    const { picture } = await painting;
    const below = await strip;
    const data = below ? Buffer.concat([picture, below.data]) : picture;
    const height = target.height + (below?.height ?? 0);
    // Optimal Huffman codes would make the file 5 % smaller but take three times as long.
    const jpeg = await sharp(data, { raw: { width: target.width, height, channels: 3 } })
      .jpeg({ quality: 88, chromaSubsampling: '4:4:4', optimiseCoding: false })
      .toBuffer();
    await file.append(jpeg);
    await file.commit();
  }

  return {
    write: async (rows) => {
      shares.add(rows);
      const { paint } = await start().painting;
      paint(shares.known);
    },
    finish: () => {
      finishing ??= finish().catch(async (thrown) => {
        await file.discard();
        throw thrown;
      });
      return finishing;
    },
    abort: () => file.discard(),
  };
}

/** The size of the preview: that of the overview, but not longer than {@link longest} and not larger than the mask. */
function previewSize(overview: Size, size: Size): Size {
  const scale = Math.min(1, longest / Math.max(overview.width, overview.height));
  return {
    width: Math.min(size.width, Math.max(1, Math.round(overview.width * scale))),
    height: Math.min(size.height, Math.max(1, Math.round(overview.height * scale))),
  };
}

/** A picture of another size, in memory of its own. */
async function resized({ data, width, height }: Pixels, target: Size): Promise<Pixels> {
  if (width === target.width && height === target.height) return { ...target, channels: 3, data: data.slice() };
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ ...target, fit: 'fill' })
    .raw()
    .toBuffer();
  return { ...target, channels: 3, data: pixels };
}

/** One byte per preview pixel: 1 if its centre lies in no box. */
function skippedPixels(covered: Iterable<Box>, size: Size, { width, height }: Size): Uint8Array {
  const skipped = new Uint8Array(width * height).fill(1);
  // The centre of pixel p is at (p + 0.5) * size / target. The pixels in the box start with the first p with centre >= start.
  const first = (start: number, length: number, of: number) =>
    Math.min(length, Math.max(0, Math.ceil((start * length) / of - 0.5)));
  for (const box of covered) {
    const left = first(box.x, width, size.width);
    const right = first(box.x + box.width, width, size.width);
    const bottom = first(box.y + box.height, height, size.height);
    for (let y = first(box.y, height, size.height); y < bottom; y++) skipped.fill(0, y * width + left, y * width + right);
  }
  return skipped;
}
