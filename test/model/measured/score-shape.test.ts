import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { channelNetwork, unet } from '../networks.ts';
import { modelOf, noise, scoresOf } from '../run.ts';

const cache = mkdtempSync(join(tmpdir(), 'segtile-shapes-'));
process.env.SEGTILE_CACHE = cache;
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const window = { width: 64, height: 48 };
const pixels = noise(window);
const files = (): string[] => readdirSync(join(cache, 'shapes')).map((name) => join(cache, 'shapes', name));

test('the shape of scores is kept for each network and window, and the scores are the same', async () => {
  const model = await modelOf(unet(0.02, { channels: 2 }));
  const first = await scoresOf(model, window, pixels);
  expect(files()).toHaveLength(1);
  expect(await scoresOf(model, window, pixels)).toEqual(first);
  expect(files()).toHaveLength(1);
  const wide = { width: 64, height: 64 };
  await scoresOf(model, wide, noise(wide));
  expect(files()).toHaveLength(2);
  await scoresOf(await modelOf(channelNetwork(0)), window, pixels);
  expect(files()).toHaveLength(3);
});

test('what was kept is used, and what is damaged is found again', async () => {
  const model = await modelOf(unet(0.02, { channels: 4 }));
  const before = new Set(files());
  const first = await scoresOf(model, window, pixels);
  const [file] = files().filter((path) => !before.has(path));
  const whole = readFileSync(file!, 'utf8');
  writeFileSync(file!, whole.replace('"channels":4', '"channels":9'));
  await expect(scoresOf(model, window, pixels)).rejects.toThrow('gives 9 channels for a window of 64 × 48 px, expected 4');
  for (const damaged of [whole.replace('"factor":1', '"factor":-1'), whole.slice(0, -9), '']) {
    writeFileSync(file!, damaged);
    expect(await scoresOf(model, window, pixels)).toEqual(first);
    expect(readFileSync(file!, 'utf8')).toBe(whole);
  }
});

test('nothing is kept of a network that fails', async () => {
  const odd = { width: 63, height: 48 };
  const model = await modelOf(unet(0.02, { channels: 3 }));
  const before = files().length;
  await expect(scoresOf(model, odd, noise(odd))).rejects.toMatchObject({ code: 'model' });
  expect(files()).toHaveLength(before);
});
