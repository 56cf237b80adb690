import { posix } from 'node:path';
import { writeWhole } from '../io/partial-file.js';
import type { ManifestColumn, ManifestRow } from './manifest.js';

/** The part of a dataset to write metadata for. */
export interface ImageFolderPart {
  readonly split: string;
  /** Whether some tiles of the dataset are mixed with others. */
  readonly mixed: boolean;
}

/**
 * Writes the `metadata.jsonl` of a part of a dataset for Hugging Face's `imagefolder`. That loader loads columns with
 * names ending in `file_name` as images, infers the type of a column from its values, and refuses parts with different
 * columns. So every part has the same columns, missing texts are empty, whole fractions keep a decimal point, and
 * `fold` is -1 for tiles without a fold. A tile that is not mixed names its own mask as the second one, with the ratio
 * 1, so that the weighted sum of both labels is right for every tile.
 *
 * @param columns of the manifest
 * @param rows of all parts
 * @throws {SegtileError} `output` if the file cannot be written
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

/** A value as JSON from which the type of its column can be inferred. */
function typed({ name, type }: ManifestColumn, value: string | number | null): string {
  if (type === 'STRING') return JSON.stringify(value ?? '');
  if (type === 'INT32') return String(value ?? -1);
  const fraction = value ?? (name === 'mix_ratio' ? 1 : name === 'mix_ratio2' ? 0 : null);
  return Number.isInteger(fraction) ? `${fraction}.0` : String(fraction);
}
