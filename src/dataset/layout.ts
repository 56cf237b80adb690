import { posix } from 'node:path';
import type { TilePaths } from './manifest.js';

/**
 * How a dataset lies on disk.
 *
 * - `folders`: `images/` and `masks/`, whatever the split
 * - `imagefolder`: `<split>/images/` and `<split>/masks/` with `<split>/metadata.jsonl`, as Hugging Face's loader of that name reads it
 * - `webdataset`: `shards/<split>-000000.tar`, in which `<tile>.png`, `<tile>.mask.png` and `<tile>.json` follow each other
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

/** Where the files of a tile are written, relative to the dataset, with `/` between folders on every system. */
export function tilePaths(form: Form, id: string, split: string, extension: string): TilePaths {
  switch (form) {
    case 'folders':
      return { image: posix.join('images', `${id}.${extension}`), mask: posix.join('masks', `${id}.png`) };
    case 'imagefolder':
      return { image: posix.join(split, 'images', `${id}.${extension}`), mask: posix.join(split, 'masks', `${id}.png`) };
    case 'webdataset':
      return { image: posix.join(SPOOL, split, `${id}.${extension}`), mask: posix.join(SPOOL, split, `${id}.mask.png`) };
  }
}

/** The folders that tiles are written to, relative to the dataset. */
export function tileFolders(form: Form, splits: readonly string[]): string[] {
  switch (form) {
    case 'folders':
      return ['images', 'masks'];
    case 'imagefolder':
      return splits.flatMap((split) => [posix.join(split, 'images'), posix.join(split, 'masks')]);
    case 'webdataset':
      return splits.map((split) => posix.join(SPOOL, split));
  }
}
