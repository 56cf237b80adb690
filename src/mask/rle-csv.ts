import { SegtileError } from '../errors.js';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { rleEncoder } from '../plan/labels/rle.js';
import { csvCell } from '../plan/text/csv.js';
import type { RasterRows, Sink, Size } from '../types.js';

/** The row of a CSV of HuBMAP. */
export interface RleRow extends CommitOptions {
  readonly size: Size;
  /** Name of the slide. */
  readonly id: string;
  /** The label to encode. */
  readonly label: number;
  /** Name of the second column: `predicted` for predictions, `encoding` for truth. */
  readonly column: 'predicted' | 'encoding';
}

/**
 * Writes a CSV of HuBMAP with one row: `id` and the runs of one label. Takes label rows of one channel from top to bottom. The file appears
 * under its name when `finish` resolves. See `rleEncoder` for the memory it needs.
 *
 * @throws {SegtileError} `usage` for an id that would need quotes in a CSV; `output` if the file cannot be written; `aborted`
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
