import { filesOfOutput, type RunFiles } from '../../pipeline/outputs/files.js';
import type { OutputName, ResultFacts } from '../../pipeline/outputs/table.js';
import { count } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';

/** The files that were written, as rows of a table: what each file is, and its path. */
export function writtenText(
  { mask: { width, height } }: ResultFacts,
  files: RunFiles,
  style: Style,
): (readonly [string, string])[] {
  const names = Object.keys(files.paths) as OutputName[];
  const lines = names.flatMap((name): [string, string][] => {
    const size = name === 'mask' ? ` (${count(width)} × ${count(height)} px)` : '';
    const told = filesOfOutput(files, name).filter(({ title }) => title !== '');
    return told.map(({ title, path }) => [title, `${style.good(path)}${size}`]);
  });
  return [...lines, ['record', style.good(files.record)]];
}
