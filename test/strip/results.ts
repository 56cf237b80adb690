import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type SegmentOptions, segment } from '../../dist/index.js';
import { claimPath, tryClaim } from '../../dist/io/claim.js';

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

/** Puts the claim of a process that has ended beside a result. */
export async function deadClaim(output: string, name: string): Promise<void> {
  const path = claimPath(join(output, name));
  const { taken } = await tryClaim(path);
  const note = JSON.parse(readFileSync(path, 'utf8'));
  await taken!.release();
  writeFileSync(path, JSON.stringify({ ...note, process: { ...note.process, pid: 2 ** 30, started: '1' } }));
}
