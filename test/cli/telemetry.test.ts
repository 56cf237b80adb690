import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { channelNetwork } from '../model/networks.js';
import { filesIn, folder, program, run, save, speckled, writeSlide } from './door.js';

/** Runs segtile as a user does, outside any CI: there onnxruntime would keep quiet by itself. */
async function filesBeside(args: readonly string[]): Promise<string[]> {
  const home = folder();
  const places = Object.fromEntries(
    ['HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME'].map((name) => [name, join(home, name)]),
  );
  for (const place of Object.values(places)) mkdirSync(place);
  const unset = Object.keys(process.env).filter((name) => /^ORT_|^CI$|_CI$|^GITHUB_|BUILD/.test(name));
  const ended = await run('env', [...unset.flatMap((name) => ['-u', name]), process.execPath, program, ...args], {
    env: places,
  });
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return filesIn(home);
}

test.skipIf(process.platform === 'win32')('onnxruntime reports nothing and keeps no diary of what was run', async () => {
  const work = folder();
  const slide = join(work, 'slide.tif');
  await writeSlide(slide, 200, 160, speckled);
  const model = save(work, 'identity.onnx', channelNetwork(1));
  const infer = ['infer', slide, '-m', model, '--window', '96', '--tissue', 'none', '-o', join(work, 'out')];
  expect(await filesBeside(infer)).toEqual([]);
  expect(await filesBeside(['doctor', '--device', 'cpu'])).toEqual([]);
});
