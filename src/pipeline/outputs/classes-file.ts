import { SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import type { ClassesFile } from '../../truth/config.js';
import type { MaskClass } from '../../types.js';
import { writeRecord } from '../records/write-record.js';

/** The file for `make-dataset --classes` that says what the values of pseudo labels mean. */
export function classesFile(classes: readonly MaskClass[], ignore: number): ClassesFile {
  return {
    classes: classes.map(({ name, label, color }) => ({ name, label, color })),
    ignore: { values: [ignore] },
  };
}

/**
 * Writes a file of classes. An existing file with the same contents is kept; a different one is replaced only if
 * `overwrite` is set.
 *
 * @throws {SegtileError} `output` if a different file exists already, or the file cannot be written
 */
export async function writeClassesFile(path: string, content: ClassesFile, overwrite: boolean): Promise<void> {
  const text = await readRegularText(path).catch(() => undefined);
  const own = `${JSON.stringify(content, null, 2)}\n`;
  if (text === own) return;
  if (text !== undefined && !overwrite) {
    throw new SegtileError(
      'output',
      `${path} exists already, with other classes`,
      'use --overwrite to replace it, or --output for another place',
    );
  }
  try {
    await writeRecord(path, content, { replace: overwrite });
  } catch (error) {
    // Another process may have written the same file in the meantime.
    if ((await readRegularText(path).catch(() => undefined)) !== own) throw error;
  }
}
