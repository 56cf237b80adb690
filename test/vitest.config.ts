import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const report = process.env.SEGTILE_TEST_REPORT;

/** The files that take longest. They begin first, so that no worker waits for the other at the end. */
const longest = [
  'package/pack',
  'manual/manual',
  'scores/compare',
  'cli/two-processes',
  'dataset/make-dataset',
  'dataset/find-noise',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => longest.some((name) => moduleId.endsWith(`${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build-first.ts'],
    // What is built is loaded as users load it, not transformed once more.
    server: { deps: { external: [/\/dist\//] } },
    // onnxruntime's clean-up hook does not survive modules that are reloaded inside one process.
    pool: 'forks',
    // What is found of networks is kept; that of the user who runs the tests is left alone.
    env: { SEGTILE_CACHE: process.env.SEGTILE_CACHE ?? join(tmpdir(), 'segtile-test-cache') },
    // Vitest would leave one of two cores idle.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // They end what hangs, and nothing else: a machine that is busy with other things is no failure, so none is near what a test takes.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
  },
});
