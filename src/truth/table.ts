import { pipeline } from 'node:stream';
import { reason, SegtileError, throwIfAborted } from '../errors.js';
import { plainCell } from '../plan/text/csv.js';
import { openText } from './text-file.js';

/** A row of a CSV, the header included. */
export interface TableRow {
  /** The line of the file on which the row ends, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * The rows of a CSV, one by one; only one is in memory. Empty lines are skipped. Every row has as many cells as the first.
 *
 * @throws {SegtileError} `input` if it is not a CSV or cannot be read, `aborted` when the signal fires
 */
export async function* readTable(path: string, signal?: AbortSignal): AsyncGenerator<TableRow, void, undefined> {
  const { CsvError, parse } = await import('csv-parse');
  const rows = parse({ bom: true, skip_empty_lines: true, info: true });
  try {
    const file = await openText(path);
    pipeline(file, rows, () => {});
    for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      throwIfAborted(signal);
      yield { line: info.lines, cells: record.map(plainCell) };
    }
  } catch (cause) {
    if (cause instanceof SegtileError) throw cause;
    const [what, hint] =
      cause instanceof CsvError
        ? ['is not a CSV', 'save it as CSV again']
        : ['cannot be read', 'check the path and the permissions of the file'];
    throw new SegtileError('input', `${path} ${what}: ${reason(cause)}`, hint, cause);
  } finally {
    rows.destroy();
  }
}
