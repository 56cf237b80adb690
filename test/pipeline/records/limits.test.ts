import { expect, test } from 'vitest';
import { limitsOf } from '../../../dist/pipeline/records/limits.js';

const cpu = { provider: 'cpu', workers: 2, busyShare: 0.3 };
// 10 s between the plan and the last file.
const around = { plan: 2, model: 3, open: 1, proof: 4, total: 20 };

test.each([
  ['reading', { read: 7, infer: 8, write: 1 }, cpu, 4, 'tiled'],
  ['reading', { read: 7 }, cpu, 2, 'fewer --workers'],
  ['network', { read: 1, infer: 9 }, { ...cpu, busyShare: 0.94 }, 4, '--workers 4'],
  ['network', { read: 1, infer: 9 }, { ...cpu, busyShare: 0.94 }, 2, 'a GPU'],
  ['network', { infer: 9 }, { provider: 'cuda', workers: 1, busyShare: 0.9 }, 2, 'a larger --stride'],
  ['stitching', { stitch: 4, label: 2, compare: 1 }, cpu, 2, '--blend none'],
  ['writing', { write: 5, strips: 1, finish: 1 }, cpu, 2, '--output'],
] as const)('%s holds up %j', (by, seconds, device, threads, setting) => {
  const limits = limitsOf({ ...around, ...seconds }, device, threads);
  expect(limits).toMatchObject({ by, setting: expect.stringContaining(setting) });
  expect(limits.shares[by]).toBe(by === 'network' ? device.busyShare : 0.7);
});

test('nothing alone holds up a run in which all stages take about as long, or that ended at once', () => {
  expect(limitsOf({ ...around, read: 5, stitch: 5, write: 5 }, { ...cpu, busyShare: 0.5 }, 2)).toEqual({
    shares: { reading: 0.5, network: 0.5, stitching: 0.5, writing: 0.5 },
    by: null,
    setting: null,
  });
  expect(limitsOf({ total: 0 }, { ...cpu, busyShare: 0 }, 2)).toMatchObject({ by: null });
});
