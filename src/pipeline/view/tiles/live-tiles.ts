import { findStrips, readStrips, type StripsFound } from '../../../strip/file.js';
import type { Box, Pixels, Samples, Size } from '../../../types.js';
import { halvedSize, TILE } from '../../../view/pyramid.js';
import { type StripsOf, stripsOf } from '../../resume/strips-of.js';
import type { LabelTiles } from './label-tiles.js';
import { cropped, halvingsToHold, nearestOf } from './tile-reader.js';

/** Labels of a run that is going on, and how many rows are done. */
export interface LiveTiles extends LabelTiles {
  readonly rows: { readonly done: number; readonly total: number };
}

/** A file of strips, and what is in it. */
interface StripsOfFile {
  readonly path: string;
  readonly found: StripsFound;
}

/**
 * The rows of a run that are done, in tiles, as they are now. What is not done yet is background. Undefined if there are
 * no strips with labels.
 *
 * @param paths the files of strips: one, or those of shards and columns
 */
export async function liveTiles(paths: readonly string[]): Promise<LiveTiles | undefined> {
  const files: StripsOfFile[] = [];
  let of: StripsOf | undefined;
  for (const path of paths) {
    const found = await findStrips(path).catch(() => undefined);
    const own = found && stripsOf(found.head.more);
    if (found === undefined || own === undefined) continue;
    of ??= own;
    // Strips of a run at another resolution were left by an earlier one.
    if (own.working.width === of.working.width && own.working.height === of.working.height) files.push({ path, found });
  }
  if (of === undefined) return undefined;
  const size = of.working;
  // Finer images are read from the strips.
  const held = halvingsToHold(size);
  let small: Promise<Pixels<Samples>> | undefined;
  return {
    ...size,
    side: TILE,
    spans: of.spans,
    classes: of.classes,
    notes: [],
    rows: rowsDone(files, size),
    async read(halvings, box) {
      if (halvings < held) return readRows(files, halvings, box);
      small ??= readRows(files, held, { x: 0, y: 0, ...halvedSize(size, held) });
      const image = await small;
      return halvings === held ? cropped(image, box) : nearestOf(image, box, 2 ** (halvings - held));
    },
    close: async () => undefined,
  };
}

/** How many rows of the whole width the done parts of rows make. Columns are joined again into the file without them. */
function rowsDone(files: readonly StripsOfFile[], { width, height }: Size): LiveTiles['rows'] {
  const areas = new Map<string, { joined: number; columns: number }>();
  for (const { path, found } of files) {
    const { piece } = found.head;
    const name = path.replace(/\.column-\d+-of-\d+\.strips$/, '.strips');
    const own = areas.get(name) ?? { joined: 0, columns: 0 };
    own[name === path ? 'joined' : 'columns'] += (found.rows - piece.y) * piece.width;
    areas.set(name, own);
  }
  const area = [...areas.values()].reduce((sum, { joined, columns }) => sum + Math.max(joined, columns), 0);
  return { done: Math.floor(area / width), total: height };
}

/** Reads a rectangle of the working image, halved some times: the centre of the pixels that each pixel covers. */
async function readRows(files: readonly StripsOfFile[], halvings: number, box: Box): Promise<Pixels<Samples>> {
  const out = { width: box.width, height: box.height, channels: 1, data: new Uint8Array(box.width * box.height) };
  for (const file of files) await readFileRows(file, halvings, box, out.data);
  return out;
}

async function readFileRows({ path, found }: StripsOfFile, halvings: number, box: Box, data: Uint8Array): Promise<void> {
  const step = 2 ** halvings;
  const { piece } = found.head;
  const [top, bottom] = [box.y * step, (box.y + box.height) * step];
  const touches = ({ meta }: { readonly meta: unknown }): boolean => {
    const { kind, y = 0, height = 0 } = meta as { readonly kind: string; readonly y?: number; readonly height?: number };
    return kind === 'strip' && y < bottom && y + height > top;
  };
  const { working } = stripsOf(found.head.more)!;
  for await (const strip of readStrips(path, { ...found, frames: found.frames.filter(touches) })) {
    if (strip.kind !== 'strip' || strip.labels === undefined) continue;
    const { y, height, labels } = strip;
    for (let row = 0; row < box.height; row++) {
      const from = Math.min((box.y + row) * step + (step >> 1), working.height - 1) - y;
      if (from < 0 || from >= height) continue;
      for (let column = 0; column < box.width; column++) {
        const x = Math.min((box.x + column) * step + (step >> 1), working.width - 1) - piece.x;
        if (x >= 0 && x < piece.width) data[row * box.width + column] = labels.data[from * piece.width + x]!;
      }
    }
  }
}
