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
  /** Of the file's bytes. */
  readonly sha256: string;
}

/**
 * Reads a file of augmentation.
 *
 * @throws {SegtileError} `usage` where it cannot be read, or says what it cannot; see `parseAugmentation`
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
 * Makes sure that an augmentation can be done to the tiles of a dataset.
 *
 * @throws {SegtileError} `usage` where tiles would change their size, or a part is named that there is not
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
