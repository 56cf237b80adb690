import { posix } from 'node:path';
import type { TilePaths } from './manifest.js';

/**
 * How a dataset lies on disk.
 *
 * - `folders`: `images/` and `masks/`, whatever the split; `masks2/` for the labels of what tiles are mixed with
 * - `imagefolder`: the same in `<split>/`, with `<split>/metadata.jsonl`, as Hugging Face's loader of that name reads it
 * - `webdataset`: `shards/<split>-000000.tar`, in which `<tile>.png`, `<tile>.mask.png`, `<tile>.mask2.png` and `<tile>.json` follow each other
 */
export type Form = 'folders' | 'imagefolder' | 'webdataset';

/** Every form, in the order in which help texts list them. */
export const forms: readonly Form[] = ['folders', 'imagefolder', 'webdataset'];

/** The folder, inside of a dataset, of what is only needed until it is finished. */
export const WORK = '.segtile';

/** Where the tiles of a dataset that is packed wait for it. */
export const SPOOL: string = posix.join(WORK, 'tiles');

/** Where shards are. */
export const SHARDS = 'shards';

/** The folder of each kind of file, and what stands before its ending where there are no folders. */
const kinds = { image: ['images', ''], mask: ['masks', '.mask'], mask2: ['masks2', '.mask2'] } as const;

/** Where the files of a tile are written, relative to the dataset, with `/` between folders on every system. */
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

/** The name of the tile at a place of a slide, in working pixels. */
export function tileId(slide: string, x: number, y: number): string {
  const pad = (value: number): string => String(value).padStart(6, '0');
  return `${slide}_x${pad(x)}_y${pad(y)}`;
}

/** The name of a copy of a tile, from 1. */
export function copyId(id: string, copy: number): string {
  return `${id}_aug${copy}`;
}

/** Whether a file in one of the folders of tiles has a name as tiles and their copies have. */
export function isTile(name: string): boolean {
  return /_x\d{6,}_y\d{6,}(_aug\d+)?(\.mask2?)?\.(png|jpg)$/.test(name);
}

/**
 * The folders that tiles are written to, relative to the dataset.
 *
 * @param mixed whether some tiles are mixed with others
 */
export function tileFolders(form: Form, splits: readonly string[], mixed: boolean): string[] {
  if (form === 'webdataset') return splits.map((split) => posix.join(SPOOL, split));
  const folders = [kinds.image[0], kinds.mask[0], ...(mixed ? [kinds.mask2[0]] : [])];
  return form === 'folders' ? folders : splits.flatMap((split) => folders.map((folder) => posix.join(split, folder)));
}

/** Where contact sheets are. */
export const PREVIEW = 'preview';
