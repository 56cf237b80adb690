import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { folder, segtile } from '../cli/door.js';
import { compareShards, makeRectangles, type SharedRun, sharedRuns } from './rectangles.js';

const cwd = folder();
const run = (args: readonly string[]) => segtile(args, { cwd });

beforeAll(() => makeRectangles(cwd, 1100, 300));

const options = ['-m', 'one.onnx', '--window', '96', '--overlap', '50%', '--blend', 'hann', '--quiet', '--no-history'];
const four: SharedRun = {
  options: [...options, '--objects', 'csv', '--min-object', '12px', '--report-disagreement', '--workers', '1'],
  shards: 4,
  narrow: false,
};

test('shards lie side by side, too, where less is run twice so, and have the bytes of one run', async () => {
  const { stdout } = await run([
    'infer',
    'slide.tif',
    ...four.options,
    '--shard',
    '2/4',
    '--shard-rows',
    '--dry-run',
    '--json',
  ]);
  expect(JSON.parse(stdout).shard).toMatchObject({ rows: { from: 0 }, columns: { to: 1100 } });
  expect(await compareShards(four, run)).toMatchObject({ differing: [] });
});

// More of them, and larger slides: npm run fuzz:shards.
test('whatever is run, in however many shards and columns, the merged bytes are those of one run', async () => {
  await fc.assert(
    fc.asyncProperty(
      sharedRuns.filter(({ shards }) => shards < 7),
      async (each) => {
        const { differing } = await compareShards(each, run);
        expect(differing, each.options.join(' ')).toEqual([]);
      },
    ),
    { numRuns: 2, seed: 19, endOnFailure: true },
  );
});
