import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type SegmentOptions, segment } from '../../dist/index.js';
import { folder } from '../cli/door.js';
import { random } from '../model/networks.js';
import { resultOf } from './lasting.js';
import { allStrips, cutStrips } from './results.js';
import { makeScene, runNames, type Scene } from './scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await makeScene();
});

describe.each(runNames)('a run that was stopped leaves what it would have left: %s', (name) => {
  test('wherever it was stopped', async () => {
    const given: SegmentOptions = { ...scene.runs[name], history: false, workers: 1 };
    const undisturbed = join(folder(), 'out');
    await segment(scene.slide, { ...given, output: undisturbed });
    const wanted = resultOf(undisturbed);
    const whole = await allStrips(scene.slide, { ...given, output: folder() });
    const bytes = readFileSync(whole);
    const next = random(name.length);
    const cuts = [bytes.length, bytes.length - 1, 5, ...Array.from({ length: 2 }, () => Math.floor(next() * bytes.length))];
    for (const cut of cuts) {
      const output = join(folder(), 'out');
      cutStrips(whole, output, bytes.subarray(0, cut));
      await segment(scene.slide, { ...given, output });
      expect(resultOf(output), `cut at ${cut} of ${bytes.length}`).toEqual(wanted);
    }
  });
});

test('of strips that were damaged, all that stands before is used, and it is said', async () => {
  const given: SegmentOptions = { ...scene.runs['every output'], history: false, workers: 1, report: false };
  const undisturbed = join(folder(), 'out');
  await segment(scene.slide, { ...given, output: undisturbed });
  const whole = await allStrips(scene.slide, { ...given, output: folder() });
  const bytes = readFileSync(whole);
  const next = random(3);
  for (let i = 0; i < 4; i++) {
    const damaged = Buffer.from(bytes);
    const place = Math.floor(next() * bytes.length);
    damaged[place]! ^= 1 << Math.floor(next() * 8);
    const output = join(folder(), 'out');
    cutStrips(whole, output, damaged);
    const notes: string[] = [];
    await segment(scene.slide, { ...given, output, onNote: (note) => notes.push(note) });
    expect(resultOf(output), `bit of byte ${place} of ${bytes.length}`).toEqual(resultOf(undisturbed));
    const said = notes.filter((note) => note.includes('goes on at row'));
    if (said.length > 0 && place < bytes.length - 400) expect(said[0]).toContain('damaged');
  }
});
