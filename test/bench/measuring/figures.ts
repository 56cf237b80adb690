import { cpus } from 'node:os';
import { versions } from '../../../dist/pipeline/records/machine.js';

/** The median. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A Markdown table of rows of text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return `\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

/** Describes the machine and the versions that the numbers were measured with. */
export function machine(): string {
  const { node, onnxruntime, sharp, platform, threads } = versions();
  return `${cpus()[0]?.model.trim()}, ${threads} threads, ${platform}, Node ${node}, onnxruntime ${onnxruntime}, sharp ${sharp}`;
}
