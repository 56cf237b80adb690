import { posix } from 'node:path';
import type { TilePaths } from './manifest.js';

/**
 * How the files of a dataset are arranged on disk.
 *
 * - `folders`: `images/` and `masks/` for all parts of the split; `masks2/` for the labels of tiles that are mixed in
 * - `imagefolder`: the same inside `<split>/`, with `<split>/metadata.jsonl`, for Hugging Face's loader of that name
 * - `webdataset`: `shards/<split>-000000.tar`, with `<tile>.png`, `<tile>.mask.png`, `<tile>.mask2.png` and
 *   `<tile>.json` one after the other
 */
export type Form = 'folders' | 'imagefolder' | 'webdataset';

/** Every form, in the order in which help texts list them. */
export const forms: readonly Form[] = ['folders', 'imagefolder', 'webdataset'];

/** The folder inside a dataset for files that are only needed until the dataset is finished. */
export const WORK = '.segtile';

/** The folder for tiles that wait to be packed into shards. */
const SPOOL: string = posix.join(WORK, 'tiles');

/** The folder of shards. */
export const SHARDS = 'shards';

/** For each kind of file: its folder, and, for datasets without such folders, what stands before the ending of its name. */
const kinds = { image: ['images', ''], mask: ['masks', '.mask'], mask2: ['masks2', '.mask2'] } as const;

/** The paths of the files of a tile, relative to the dataset, with `/` between folders on every system. */
export function tilePaths(form: Form, id: string, split: string, extension: string): TilePaths {
  const path = (kind: keyof typeof kinds, ending: string): string => {
    const [folder, mark] = kinds[kind];
    switch (form) {
      case 'folders':
        return posix.join(folder, `${id}.${ending}`);
      case 'imagefolder':
        return posix.join(split, folder, `${id}.${ending}`);
      case 'webdataset':
        return posix.join(SPOOL, split, `${id}${mark}.${ending}`);
    }
  };
  return { image: path('image', extension), mask: path('mask', 'png'), mask2: path('mask2', 'png') };
}

/** The name of the tile at a position of a slide, in working pixels. */
export function tileId(slide: string, x: number, y: number): string {
  const pad = (value: number): string => String(value).padStart(6, '0');
  return `${slide}_x${pad(x)}_y${pad(y)}`;
}

/** The name of a copy of a tile. Copies are counted from 1. */
export function copyId(id: string, copy: number): string {
  return `${id}_aug${copy}`;
}

/** Whether a file in a folder of tiles is named like a tile or a copy of one. */
export function isTile(name: string): boolean {
  return /_x\d{6,}_y\d{6,}(_aug\d+)?(\.mask2?)?\.(png|jpg)$/.test(name);
}

/**
 * The folders to which tiles are written, relative to the dataset.
 *
 * @param mixed whether some tiles are mixed with others
 */
export function tileFolders(form: Form, splits: readonly string[], mixed: boolean): string[] {
  if (form === 'webdataset') return splits.map((split) => posix.join(SPOOL, split));
  const folders = [kinds.image[0], kinds.mask[0], ...(mixed ? [kinds.mask2[0]] : [])];
  return form === 'folders' ? folders : splits.flatMap((split) => folders.map((folder) => posix.join(split, folder)));
}

/** The folder of contact sheets. */
export const PREVIEW = 'preview';
