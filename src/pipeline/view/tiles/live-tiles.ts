import { findStrips, readStrips, type StripsFound } from '../../../strip/file.js';
import type { Box, Pixels, Samples } from '../../../types.js';
import { halvedSize, TILE } from '../../../view/pyramid.js';
import { stripsOf } from '../../resume/strips-of.js';
import type { LabelTiles } from './label-tiles.js';
import { cropped, nearestOf } from './tile-reader.js';

/** Longest side, in px, of the image of all rows that is held in memory. Finer ones are read from the strips. */
const HELD_SIDE = 4096;

/** Labels of a run that is going on, and how many rows are done. */
export interface LiveTiles extends LabelTiles {
  readonly rows: { readonly done: number; readonly total: number };
}

/**
 * The rows of a run that are done, in tiles, as they are now. What is not done yet is background. Undefined if there are
 * no strips of a whole slide with labels.
 */
export async function liveTiles(path: string): Promise<LiveTiles | undefined> {
  const found = await findStrips(path).catch(() => undefined);
  const of = found && stripsOf(found.head.more);
  if (found === undefined || of === undefined) return undefined;
  const { piece } = found.head;
  const size = of.working;
  const held = Math.max(0, Math.ceil(Math.log2(Math.max(size.width, size.height) / HELD_SIDE)));
  let small: Promise<Pixels<Samples>> | undefined;
  return {
    ...size,
    side: TILE,
    spans: of.spans,
    classes: of.classes,
    notes: [],
    rows: { done: found.rows - piece.y, total: piece.height },
    async read(halvings, box) {
      if (halvings < held) return readRows(path, found, halvings, box);
      small ??= readRows(path, found, held, { x: 0, y: 0, ...halvedSize(size, held) });
      const image = await small;
      return halvings === held ? cropped(image, box) : nearestOf(image, box, 2 ** (halvings - held));
    },
    close: async () => undefined,
  };
}

/** Reads a rectangle of the working image, halved some times: the centre of the pixels that each pixel covers. */
async function readRows(path: string, found: StripsFound, halvings: number, box: Box): Promise<Pixels<Samples>> {
  const step = 2 ** halvings;
  const { piece } = found.head;
  const data = new Uint8Array(box.width * box.height);
  const [top, bottom] = [box.y * step, (box.y + box.height) * step];
  const touches = ({ meta }: { readonly meta: unknown }): boolean => {
    const { kind, y = 0, height = 0 } = meta as { readonly kind: string; readonly y?: number; readonly height?: number };
    return kind === 'strip' && y < bottom && y + height > top;
  };
  for await (const strip of readStrips(path, { ...found, frames: found.frames.filter(touches) })) {
    if (strip.kind !== 'strip' || strip.labels === undefined) continue;
    const { y, height, labels } = strip;
    for (let row = 0; row < box.height; row++) {
      const from = Math.min((box.y + row) * step + (step >> 1), piece.y + piece.height - 1) - y;
      if (from < 0 || from >= height) continue;
      for (let column = 0; column < box.width; column++) {
        const x = Math.min((box.x + column) * step + (step >> 1), piece.x + piece.width - 1) - piece.x;
        if (x >= 0) data[row * box.width + column] = labels.data[from * piece.width + x]!;
      }
    }
  }
  return { width: box.width, height: box.height, channels: 1, data };
}
