import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row of a CSV, as texts. */
export type CsvRow = Readonly<Record<string, string>>;

/** The rows of a CSV without quotes. */
export function rowsOf(text: string): CsvRow[] {
  const [head, ...lines] = text.trimEnd().split('\n');
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i]!, value])));
}

/** Reads a CSV without quotes. */
export function readCsv(root: string, name = 'manifest.csv'): CsvRow[] {
  return rowsOf(readFileSync(join(root, name), 'utf8'));
}
