import { posix } from 'node:path';
import { writeWhole } from '../io/partial-file.js';
import type { ManifestColumn, ManifestRow } from './manifest.js';

/** What metadata of one part of a dataset are about. */
export interface ImageFolderPart {
  readonly split: string;
  /** Whether tiles of the dataset are mixed with others. */
  readonly mixed: boolean;
}

/**
 * Writes the `metadata.jsonl` of a part of a dataset for Hugging Face's `imagefolder`, which loads columns whose names end in `file_name` as
 * images, takes the type of a column from its values, and refuses parts that differ in one. So every part has the same columns, texts that are
 * absent are empty, a fraction has a point even where it is whole, `fold` is -1 for what is in none, and a tile that is not mixed names its
 * own mask as the second, with the ratio 1: the sum of both labels, weighted, holds for every tile alike.
 *
 * @param columns of the manifest
 * @param rows of all parts
 */
export async function writeImageFolder(
  path: string,
  columns: readonly ManifestColumn[],
  rows: AsyncIterable<ManifestRow>,
  { split, mixed }: ImageFolderPart,
): Promise<void> {
  const rest = columns.filter(({ name }) => name !== 'image' && name !== 'mask' && name !== 'mask2');
  const inside = (file: ManifestRow[string] | undefined): string => JSON.stringify(posix.relative(split, String(file)));
  await writeWhole(path, async (file) => {
    for await (const row of rows) {
      if (row.split !== split) continue;
      const fields = [
        `"file_name":${inside(row.image)}`,
        `"mask_file_name":${inside(row.mask)}`,
        ...(mixed ? [`"mask2_file_name":${inside(row.mask2 ?? row.mask)}`] : []),
        ...rest.map((column) => `${JSON.stringify(column.name)}:${typed(column, row[column.name] ?? null)}`),
      ];
      await file.append(Buffer.from(`{${fields.join(',')}}\n`));
    }
  });
}

/** A value as JSON from which its column's type can be told. */
function typed({ name, type }: ManifestColumn, value: string | number | null): string {
  if (type === 'STRING') return JSON.stringify(value ?? '');
  if (type === 'INT32') return String(value ?? -1);
  const fraction = value ?? (name === 'mix_ratio' ? 1 : null);
  return Number.isInteger(fraction) ? `${fraction}.0` : String(fraction);
}
