import { createHash } from 'node:crypto';
import { parseAugmentation } from '../../augment/parse.js';
import type { Augmentation } from '../../augment/steps.js';
import { reason, SegtileError } from '../../errors.js';
import { readRegular } from '../../io/regular-file.js';
import type { Size } from '../../types.js';

/** An augmentation, and the file that it was read from. */
export interface AugmentationFile {
  readonly augmentation: Augmentation;
  readonly path: string;
  /** Hash of the file's bytes. */
  readonly sha256: string;
}

/**
 * Reads an augmentation file.
 *
 * @throws {SegtileError} `usage` if it cannot be read or has settings that are not valid; see `parseAugmentation`
 */
export async function readAugmentation(path: string): Promise<AugmentationFile> {
  const bytes = await readRegular(path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? `there is no file ${path}` : `cannot read ${path}: ${reason(cause)}`;
    throw new SegtileError('usage', what, 'check the path after --augment', cause);
  });
  const augmentation = parseAugmentation(bytes.toString('utf8'), path);
  return { augmentation, path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Checks that an augmentation can be applied to the tiles of a dataset.
 *
 * @throws {SegtileError} `usage` if a step would change the size of tiles, or a part that does not exist is named
 */
export function checkAugmentation(
  { augmentation: { steps, splits }, path }: AugmentationFile,
  window: Size,
  parts: readonly string[],
): void {
  const turned = steps.findIndex(({ kind }) => kind === 'rotate90');
  if (turned >= 0 && window.width !== window.height) {
    throw new SegtileError(
      'usage',
      `${path}: step ${turned + 1} is rotate90, which would make tiles of ${window.width}x${window.height} px into ${window.height}x${window.width}`,
      'leave it out, or give a square --window',
    );
  }
  const missing = splits.find((name) => !parts.includes(name));
  if (missing !== undefined) {
    throw new SegtileError(
      'usage',
      `${path}: there is no part ${missing} to copy tiles of`,
      `--split has ${parts.join(', ')}: say which with "splits"`,
    );
  }
}
