import { SegtileError } from '../errors.js';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { type RunOrder, runsOfLabel } from '../plan/labels/runs/label-runs.js';
import { csvCell } from '../plan/text/csv.js';
import type { RasterRows, Sink, Size } from '../types.js';

/** A CSV of HuBMAP. */
export interface RleTable extends CommitOptions {
  readonly size: Size;
  /** One for each set of labels to encode, none of which lies in two. */
  readonly rows: readonly { readonly id: string; readonly labels: readonly number[] }[];
  /** Name of the second column: `predicted` for predictions, `encoding` for truth. */
  readonly column: 'predicted' | 'encoding';
  /** How runs go: down the columns, where nothing is said. */
  readonly order?: RunOrder | undefined;
}

/**
 * Writes a CSV of HuBMAP: rows of an `id` and the runs of some labels. Takes label rows of one channel from top to bottom, in bounded memory: a hidden file
 * beside the table holds what is too much. The table appears under its name when `finish` resolves.
 *
 * @throws {SegtileError} `usage` for an id that would need quotes in a CSV; `output` if the file cannot be written; `aborted`
 *   after `abort`
 */
export async function writeRleCsv(path: string, { size, rows, column, order, replace }: RleTable): Promise<Sink<RasterRows>> {
  for (const { id } of rows) requirePlainId(id);
  const groupOf = new Uint8Array(256);
  for (const [index, { labels }] of rows.entries()) for (const label of labels) groupOf[label] = index + 1;
  const scratch = await openPartialFile(path);
  const runs = runsOfLabel(size, groupOf, order ?? 'columns', scratch);
  const file = await openPartialFile(path, { replace }).catch(async (error: unknown) => {
    await scratch.discard();
    throw error;
  });
  const write = (text: string) => file.append(new TextEncoder().encode(text));
  const discard = async (): Promise<void> => {
    await scratch.discard();
    await file.discard();
  };
  return {
    write: (more) => runs.add(more),
    finish: async () => {
      try {
        await write(`id,${column}\n`);
        for (const [index, { id }] of rows.entries()) {
          await write(`${csvCell(id)},`);
          for await (const piece of runs.text(index + 1)) await file.append(piece);
          await write('\n');
        }
        await scratch.discard();
        await file.commit();
      } catch (thrown) {
        await discard();
        throw thrown;
      }
    },
    abort: discard,
  };
}

function requirePlainId(id: string): void {
  if (!/^[^",\r\n]+$/.test(id) || csvCell(id) !== id)
    throw new SegtileError(
      'usage',
      `expected an id without quotes, commas, line breaks and the beginning of a formula but got ${JSON.stringify(id)}`,
      'rename the slide, or the class',
    );
}
