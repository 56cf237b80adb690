import { cpus } from 'node:os';
import { versions } from '../../dist/pipeline/records/machine.js';

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Rows of text as a table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return `\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

/** What the numbers were measured on. */
export function machine(): string {
  const { node, onnxruntime, sharp, platform, threads } = versions();
  return `${cpus()[0]?.model.trim()}, ${threads} threads, ${platform}, Node ${node}, onnxruntime ${onnxruntime}, sharp ${sharp}`;
}
