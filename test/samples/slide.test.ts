import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../dist/truth/config.js';
import { openTruth } from '../../dist/truth/open.js';
import { type Ended, filesIn, folder, readMask, run } from '../cli/door.ts';

const program = fileURLToPath(new URL('../../samples/slide.ts', import.meta.url));
const tsx = fileURLToPath(import.meta.resolve('tsx'));

function sample(
  args: readonly string[],
  onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  return run(process.execPath, ['--import', tsx, program, ...args], { ...(onStderr && { onStderr }) });
}

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** What a file of shapes says of each pixel: the name of a class, empty where it says nothing. */
async function namesIn(path: string, size: { width: number; height: number }, classes: readonly string[]): Promise<string[]> {
  const config = parseConfig(JSON.stringify({ classes: classes.map((name) => ({ name })) }), 'classes');
  const truth = await openTruth(path, { size, slideName: 'k', config });
  const names = new Map(truth.classes.map(({ label, name }) => [label, name]));
  const found: string[] = [];
  const whole = () => [{ start: 0, length: size.width }];
  for await (const { runs } of truth.view(size).readBands({ start: 0, length: size.height }, whole)) {
    for (const label of runs[0]!.pixels.data) found.push(names.get(label) ?? '');
  }
  await truth.close();
  return found;
}

describe('npm run sample', () => {
  test('writes the same bytes with one thread and with three, and truth that agrees with itself', async () => {
    const [one, three] = [folder(), folder()];
    const options = ['--size', '1700x1100', '--seed', '14', '--stain', 'he', '--mpp', '1.5'];
    const [first, second] = await Promise.all([
      sample([...options, '--workers', '1', join(one, 'k.tif')]),
      sample([...options, '--workers', '3', join(three, 'k.tif')]),
    ]);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(second, second.stderr).toMatchObject({ code: 0 });
    const files = ['k.glomeruli.csv', 'k.glomeruli.geojson', 'k.tif', 'k.truth.tif'];
    expect(filesIn(one)).toEqual(files);
    for (const name of files) expect(hash(join(one, name))).toBe(hash(join(three, name)));

    const { data: labels, ...size } = await readMask(join(one, 'k.truth.tif'));
    const kinds = ['glomerulus', 'sclerosed glomerulus'];
    const outlines = await namesIn(join(one, 'k.glomeruli.geojson'), size, kinds);
    const runs = await namesIn(join(one, 'k.glomeruli.csv'), size, ['glomerulus']);
    let wrong = 0;
    const seen = new Set<number>();
    for (const [i, label] of labels.entries()) {
      seen.add(label);
      if (outlines[i] !== (kinds[label - 1] ?? '') || runs[i] !== (label === 1 ? 'glomerulus' : '')) wrong++;
    }
    expect(wrong).toBe(0);
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  test('leaves nothing when it is stopped', async () => {
    const home = folder();
    const args = ['--size', '20000x20000', '--seed', '3', '--workers', '1', join(home, 'k.tif')];
    let stopped = false;
    const ended = await sample(args, (text, kill) => {
      if (stopped || !text.includes('rows')) return;
      stopped = true;
      kill('SIGINT');
    });
    expect(ended.code).toBe(1);
    expect(filesIn(home)).toEqual([]);
  });

  test.each([
    [['--size', '100001x50', 'k.tif'], '--size'],
    [['--stain', 'silver', 'k.tif'], '--stain'],
    [['--workers', '0', 'k.tif'], '--workers'],
    [['k.png'], 'k.png'],
    [['--sise', '1x1', 'k.tif'], '--sise'],
  ])('refuses %j and says what it is about', async (args, word) => {
    const ended = await sample(args);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(word);
  });
});
