import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type SegmentOptions, segment } from '../../dist/index.js';
import { filesIn } from '../cli/door.js';

/** What a run left, without what no two runs share: times, memory, the id, and where it lies. */
export function resultOf(output: string): Record<string, string> {
  const names = filesIn(output).filter((name) => name !== 'runs.jsonl');
  return Object.fromEntries(
    names.map((name) => {
      const bytes = readFileSync(join(output, name));
      if (name.endsWith('.run.json')) return [name, lasting(bytes.toString(), output)];
      // The report tells times.
      return [name, name.endsWith('.html') ? 'a report' : createHash('sha256').update(bytes).digest('hex')];
    }),
  );
}

function lasting(text: string, output: string): string {
  const { id: _, finished: __, seconds: ___, peakRssBytes: ____, device, files, ...record } = JSON.parse(text);
  const sizes = files?.filter(({ name }: { name: string }) => !name.endsWith('.html'));
  return JSON.stringify({ ...record, files: sizes, device: { ...device, busyShare: 0 } }).replaceAll(output, 'OUT');
}

/** Options of a run of which other runs follow that go on with it. */
export type Options = SegmentOptions & { readonly output: string };

/**
 * A file of all strips of a run: it is stopped by a mask that somebody else puts in its place, which it does not replace.
 *
 * @returns where it stands
 */
export async function allStrips(slide: string, options: Options, name = 'slide'): Promise<string> {
  const mask = join(options.output, `${name}.mask.ome.tif`);
  const onProgress = ({ done, total }: { done: number; total: number }): void => {
    if (done === total) writeFileSync(mask, 'of somebody else');
  };
  await expect(segment(slide, { ...options, onProgress })).rejects.toMatchObject({ code: 'output' });
  expect(readFileSync(mask, 'utf8')).toBe('of somebody else');
  return join(options.output, `.${name}.strips`);
}

/** Puts strips where a run finds them that was stopped when `bytes` of them were written. */
export function cutStrips(from: string, output: string, bytes: Uint8Array, name = 'slide'): void {
  mkdirSync(output, { recursive: true });
  const to = join(output, `.${name}.strips`);
  copyFileSync(from, to);
  writeFileSync(to, bytes);
  expect(dirname(to)).toBe(output);
}
