import { SegtileError } from '../errors.js';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { type RunOrder, runsOfLabel } from '../plan/labels/runs/label-runs.js';
import { csvCell } from '../plan/text/csv.js';
import type { RasterRows, Sink, Size } from '../types.js';

/** The contents of a CSV in HuBMAP's format. */
export interface RleTable extends CommitOptions {
  readonly size: Size;
  /** One row for each set of labels to encode. No label may be in two sets. */
  readonly rows: readonly { readonly id: string; readonly labels: readonly number[] }[];
  /** Name of the second column: `predicted` for predictions, `encoding` for truth. */
  readonly column: 'predicted' | 'encoding';
  /** The order of the pixels that runs count; if not given, down the columns. */
  readonly order?: RunOrder | undefined;
}

/**
 * Writes a CSV in HuBMAP's format: each row has an `id` and the runs of some labels. Takes label rows of one channel
 * from top to bottom. Memory is bounded: a hidden file beside the table holds the runs that do not fit. The complete
 * file appears when `finish` resolves.
 *
 * @throws {SegtileError} `usage` for an id that would need quotes in a CSV or begins like a formula; `output` if the
 *   file cannot be written; `aborted` after `abort`
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
      `expected an id that has no quotes, commas or line breaks and does not begin like a formula but got ${JSON.stringify(id)}`,
      'rename the slide, or the class',
    );
}
