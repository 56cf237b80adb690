import type { RunFiles } from '../../pipeline/outputs/files.js';
import { type OutputName, type ResultFacts, runOutputs } from '../../pipeline/outputs/table.js';
import { count } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';

/** The files that were written, each by what it is. */
export function writtenText(
  { mask: { width, height } }: ResultFacts,
  { paths, record }: RunFiles,
  style: Style,
): (readonly [string, string])[] {
  const names = Object.keys(paths) as OutputName[];
  const lines = names.flatMap((name): [string, string][] => {
    const { title } = runOutputs[name];
    const size = name === 'mask' ? ` (${count(width)} x ${count(height)} px)` : '';
    return title === null ? [] : [[title, `${style.good(paths[name]!)}${size}`]];
  });
  return [...lines, ['record', style.good(record)]];
}
