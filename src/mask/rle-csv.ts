import { SegtileError } from '../errors.js';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { rleEncoder } from '../plan/labels/rle.js';
import { csvCell } from '../plan/text/csv.js';
import type { RasterRows, Sink, Size } from '../types.js';

/** One row of a CSV of HuBMAP. */
export interface RleRow extends CommitOptions {
  readonly size: Size;
  /** Name of the slide. */
  readonly id: string;
  /** Which label to encode. */
  readonly label: number;
  /** Name of the second column: predictions have `predicted`, truth has `encoding`. */
  readonly column: 'predicted' | 'encoding';
}

/**
 * A CSV of HuBMAP with one row, `id` and the runs of one label; see `rleEncoder` for memory. Takes label rows of one channel
 * from top to bottom. The file appears under its name when `finish` resolves.
 *
 * @throws {SegtileError} `usage` for an id that a CSV cannot hold plainly; `output` when the file cannot be written; `aborted`
 *   after `abort`
 */
export async function writeRleCsv(path: string, { size, id, label, column, replace }: RleRow): Promise<Sink<RasterRows>> {
  if (!/^[^",\r\n]+$/.test(id))
    throw new SegtileError('usage', `expected an id without quotes, commas and line breaks but got ${JSON.stringify(id)}`);
  const encoder = rleEncoder(size, label);
  const file = await openPartialFile(path, { replace });
  const write = (text: string) => file.append(new TextEncoder().encode(text));
  return {
    write: async (rows) => encoder.add(rows),
    finish: async () => {
      try {
        await write(`id,${column}\n${csvCell(id)},`);
        for (const piece of encoder.text()) await write(piece);
        await write('\n');
        await file.commit();
      } catch (thrown) {
        await file.discard();
        throw thrown;
      }
    },
    abort: () => file.discard(),
  };
}
