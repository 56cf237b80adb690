import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const report = process.env.SEGTILE_TEST_REPORT;

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
    // They end what hangs, and nothing else: a machine that is busy with other things is no failure, so none is near what a test takes.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
  },
});
