import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { filesIn } from '../cli/door.ts';
import config from '../vitest.config.ts';
import { root } from './clone.ts';

const FIVE_MINUTES = 300_000;

/** Where a line of a test ends something after some milliseconds, or fails for being slow. */
const watchdogs: readonly RegExp[] = [/^\s*\}, ([\d_]+_000)\);$/, /\btimeout: ([\d_]+)/, /^\s+([\d_]+_000),$/];
const stopwatch = /expect\([^)]*(?:performance\.now|Date\.now|seconds|elapsed)[^)]*\).*\.toBeLess/;

test('nothing ends a test within five minutes, or fails it for being slow', () => {
  const { testTimeout, hookTimeout } = config.test!;
  expect([testTimeout! >= FIVE_MINUTES, hookTimeout! >= FIVE_MINUTES]).toEqual([true, true]);
  const hasty: string[] = [];
  for (const path of filesIn(`${root}test`).filter((name) => name.endsWith('.ts') && name !== 'package/watchdogs.test.ts')) {
    for (const [at, line] of readFileSync(`${root}test/${path}`, 'utf8').split('\n').entries()) {
      const limits = watchdogs.map((pattern) => Number(pattern.exec(line)?.[1]?.replaceAll('_', '') ?? FIVE_MINUTES));
      if (Math.min(...limits) < FIVE_MINUTES || stopwatch.test(line)) hasty.push(`${path}:${at + 1} ${line.trim()}`);
    }
  }
  expect(hasty).toEqual([]);
});
