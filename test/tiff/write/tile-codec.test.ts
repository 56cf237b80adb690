import { constants, deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { deflateCodec } from '../../../dist/tiff/write/tile-codec.js';

const TILE = 256;

function labels(at: (x: number, y: number) => number): Uint8Array {
  return Uint8Array.from({ length: TILE * TILE }, (_, index) => at(index % TILE, Math.floor(index / TILE)));
}

test.each([
  ['large regions', labels((x, y) => (x + y > TILE ? 1 : 2))],
  ['checks of 2 px', labels((x, y) => ((x >> 1) + (y >> 1)) % 2)],
  ['stripes of 3 px', labels((x, y) => Math.floor((x + y) / 3) % 3)],
])('labels with %s take no more room than runs or repeats alone would, and come back', async (_, samples) => {
  const codec = deflateCodec('labels');
  const block = await codec.encode(samples, TILE, 1);
  const [runs, repeats] = [constants.Z_RLE, constants.Z_DEFAULT_STRATEGY].map(
    (strategy) => deflateSync(samples, { level: 6, strategy }).length,
  );
  // Where runs are few, repeats are not even tried.
  expect(block.length).toBeLessThanOrEqual(Math.max(Math.min(runs!, repeats!), samples.length / 16));
  expect(Buffer.from(await codec.decode(block, TILE, 1)).equals(samples)).toBe(true);
});

test('labels of noise are not tried whole a second time', async () => {
  let seed = 1;
  const samples = labels(() => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed & 1;
  });
  const block = await deflateCodec('labels').encode(samples, TILE, 1);
  expect(Buffer.from(block).equals(deflateSync(samples, { level: 6, strategy: constants.Z_RLE, chunkSize: 65_536 }))).toBe(
    true,
  );
});
