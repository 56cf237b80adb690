import { labelRuns, trackRegions } from '../../../plan/labels/connected.js';
import { IGNORED } from '../../../plan/labels/ignored.js';
import type { Pixels, Samples } from '../../../types.js';
import type { FoundError } from '../../../view/messages.js';
import { halvedSize } from '../../../view/pyramid.js';
import type { TileReader } from '../tiles/tile-reader.js';

/** Longest side, in px, at which masks and truth are compared. */
const COMPARED_SIDE = 4096;

/** The most errors that are listed. */
const MOST = 500;

/**
 * The areas where a mask and the truth differ, the largest first, in px of the mask. Rims of a pixel or two are left
 * out, because every outline differs by as much.
 */
export async function errorsOf(mask: TileReader, truth: TileReader): Promise<readonly FoundError[]> {
  const [own, wanted] = await Promise.all([small(mask), small(truth)]);
  const { width, height } = own.pixels;
  const kinds = new Uint8Array(width * height);
  // Truth pixels per mask pixel. Both images cover the whole slide.
  const across = ((truth.spans.width / mask.spans.width) * own.step) / wanted.step;
  const down = ((truth.spans.height / mask.spans.height) * own.step) / wanted.step;
  const xs = Int32Array.from({ length: width }, (_, x) => Math.min(wanted.pixels.width - 1, Math.floor((x + 0.5) * across)));
  for (let y = 0; y < height; y++) {
    const from = Math.min(wanted.pixels.height - 1, Math.floor((y + 0.5) * down)) * wanted.pixels.width;
    for (let x = 0; x < width; x++) {
      const [a, b] = [own.pixels.data[y * width + x]!, wanted.pixels.data[from + xs[x]!]!];
      if (a !== b && b !== IGNORED) kinds[y * width + x] = b === 0 ? 2 : a === 0 ? 1 : 3;
    }
  }
  const found: FoundError[] = [];
  const names = ['', 'missed', 'extra', 'other'] as const;
  const tracker = trackRegions(8, ({ label, box, area }) => {
    const { x, y, width: wide, height: high } = box;
    const { step } = own;
    found.push({
      kind: names[label] as FoundError['kind'],
      x: x * step,
      y: y * step,
      width: wide * step,
      height: high * step,
      area: area * step * step,
    });
  });
  const cores = eroded(kinds, width, height);
  for (let y = 0; y < height; y++) tracker.line(labelRuns(cores.subarray(y * width, (y + 1) * width)));
  tracker.finish();
  return found.sort((a, b) => b.area - a.area).slice(0, MOST);
}

/** Reads a whole image, halved until it is small. */
async function small(reader: TileReader): Promise<{ readonly pixels: Pixels<Samples>; readonly step: number }> {
  const halvings = Math.max(0, Math.ceil(Math.log2(Math.max(reader.width, reader.height) / COMPARED_SIDE)));
  const pixels = await reader.read(halvings, { x: 0, y: 0, ...halvedSize(reader, halvings) }, new AbortController().signal);
  return { pixels, step: 2 ** halvings };
}

/** Keeps only the pixels whose eight neighbours have the same value. */
function eroded(kinds: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Uint8Array(kinds.length);
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1, end = (y + 1) * width - 1; at < end; at++) {
      const kind = kinds[at]!;
      if (kind === 0) continue;
      let same = true;
      for (let dy = -width; dy <= width && same; dy += width) {
        same = kinds[at + dy - 1] === kind && kinds[at + dy] === kind && kinds[at + dy + 1] === kind;
      }
      if (same) out[at] = kind;
    }
  }
  return out;
}
