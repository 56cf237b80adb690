import { oneLine } from './visible.js';

/** A table as lines of text. The first `left` columns are aligned left, the others, which hold figures, right. */
export function table(texts: readonly (readonly string[])[], left: number, indent = '  '): string {
  const rows = texts.map((row) => row.map(oneLine));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map((row) => `${indent}${line(row)}`.trimEnd()).join('\n');
}
