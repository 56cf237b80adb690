import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type SegmentOptions, segment } from '../../dist/index.js';
import { folder } from '../cli/door.js';
import { random } from '../model/networks.js';
import { resultOf } from './lasting.js';
import { allStrips, cutStrips } from './results.js';
import { forgetShared, makeScene, runNames, type Scene, sharedRows } from './scene.js';

let scene: Scene;

beforeAll(async () => {
  scene = await makeScene();
});

/** Runs the slide and gives what is left, with the rows in shared files, which it finds without any. */
async function runIn(output: string, given: SegmentOptions): Promise<object> {
  forgetShared(scene);
  await segment(scene.slide, { ...given, output });
  return { ...resultOf(output), shared: sharedRows(scene) };
}

/** The strips of a whole run. */
function stripsOf(given: SegmentOptions): Promise<string> {
  forgetShared(scene);
  return allStrips(scene.slide, { ...given, output: folder() });
}

describe.each(runNames)('a run that was stopped leaves what it would have left: %s', (name) => {
  test('wherever it was stopped', async () => {
    const given: SegmentOptions = { ...scene.runs[name], history: false, workers: 1 };
    const wanted = await runIn(join(folder(), 'out'), given);
    const whole = await stripsOf(given);
    const bytes = readFileSync(whole);
    const next = random(name.length);
    // The ends of a file are no other for other settings.
    const ends = name === 'every output' ? [bytes.length, bytes.length - 1, 5] : [];
    const cuts = [...ends, ...Array.from({ length: 2 }, () => Math.floor(next() * bytes.length))];
    for (const cut of cuts) {
      const output = join(folder(), 'out');
      cutStrips(whole, output, bytes.subarray(0, cut));
      expect(await runIn(output, given), `cut at ${cut} of ${bytes.length}`).toEqual(wanted);
    }
  });
});

test('windows that are to be cut to tissue are', async () => {
  const output = join(folder(), 'out');
  const { windows } = await segment(scene.slide, { ...scene.runs['windows cut to tissue'], output, history: false });
  expect(windows.run).toBeGreaterThan(1);
  expect(windows.seenPixels).toBeLessThan(windows.run * 320 * 320);
});

test('of strips that were damaged, all that stands before is used, and it is said', async () => {
  const given: SegmentOptions = { ...scene.runs['every output'], history: false, workers: 1, report: false };
  const wanted = await runIn(join(folder(), 'out'), given);
  const whole = await stripsOf(given);
  const bytes = readFileSync(whole);
  const next = random(3);
  for (let i = 0; i < 2; i++) {
    const damaged = Buffer.from(bytes);
    const place = Math.floor(next() * bytes.length);
    damaged[place]! ^= 1 << Math.floor(next() * 8);
    const output = join(folder(), 'out');
    cutStrips(whole, output, damaged);
    const notes: string[] = [];
    const made = await runIn(output, { ...given, onNote: (note) => notes.push(note) });
    expect(made, `bit of byte ${place} of ${bytes.length}`).toEqual(wanted);
    const said = notes.filter((note) => note.includes('goes on at row'));
    if (said.length > 0 && place < bytes.length - 400) expect(said[0]).toContain('damaged');
  }
});
