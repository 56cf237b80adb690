import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { disc, type Ended, filesIn, folder, readMask, save, segtile, segtileProcess, segtileWell, writeSlide } from './door.ts';

const cwd = folder();
const [width, height] = [420, 300];

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, disc(200, 150, 120), { mpp: 0.5 });
  const truth = Buffer.alloc(width * height).map((_, i) => (Math.hypot((i % width) - 200, i / width - 150) < 80 ? 1 : 0));
  const image = sharp(truth, { raw: { width, height, channels: 1 } });
  await image.toColourspace('b-w').png().toFile(join(cwd, 'truth.png'));
  await segtileWell([...infer('made'), '--probabilities', 'uint8'], { cwd });
  await segtileWell(['make-dataset', 'slide.tif', '--truth', 'truth.png', '--window', '64', '-o', 'set', '--quiet'], { cwd });
  cpSync(join(cwd, 'set', 'masks'), join(cwd, 'predictions'), { recursive: true });
});

const infer = (output: string): string[] => [
  ...['infer', 'slide.tif', '-m', 'hematoxylin', '--window', '128', '-o', output, '--quiet', '--no-history'],
];

/** Has a process wait, once it is done with its work, until a file stands that it is about to put in place. */
const waiting = `import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
for (const name of ['link', 'rename']) {
  const real = promises[name];
  promises[name] = async (from, to) => {
    for (const end = Date.now() + 600_000; from.includes('.partial-') && !fs.existsSync(to) && Date.now() < end; )
      await new Promise((done) => setTimeout(done, 10));
    return real(from, to);
  };
}
syncBuiltinESMExports();`;

/** A file system that knows no links. */
const noLinks = `import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
promises.link = async () => { throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' }); };
syncBuiltinESMExports();`;

const preloaded = (...sources: string[]) => ({
  cwd,
  env: { NODE_OPTIONS: sources.map((source) => `--import=data:text/javascript,${encodeURIComponent(source)}`).join(' ') },
});

/** What stands in a folder, to the byte and the moment it was written. */
function standing(path: string): Record<string, string> {
  // A claim is touched again and again.
  const names = filesIn(path).filter((name) => !name.endsWith('.claim'));
  return Object.fromEntries(
    names.map((name) => {
      const { ino, mtimeMs } = statSync(join(path, name));
      return [name, `${ino} ${mtimeMs} ${readFileSync(join(path, name)).toString('base64')}`];
    }),
  );
}

/** Commands with all that they can write, by the folder that they write to. */
const commands: Readonly<Record<string, (output: string) => string[]>> = {
  threshold: (output) => ['threshold', 'made/slide.probabilities.ome.tif', '-o', output, '--quiet'],
  'pseudo-label': (output) => ['pseudo-label', 'made/slide.probabilities.ome.tif', '-o', output, '--quiet'],
  'evaluate --csv': (output) => [...evaluate, '--csv', `${output}/scores.csv`],
  'evaluate --report': (output) => [...evaluate, '--report', `${output}/report.html`],
  'evaluate --write-thresholds': (output) => [...evaluate, '--write-thresholds', `${output}/best.json`],
};
const evaluate = [
  'evaluate',
  'made/slide.probabilities.ome.tif',
  'truth.png',
  '--classes',
  'classes.json',
  '--quiet',
  '--no-history',
];
save(cwd, 'classes.json', '{"classes":[{"name":"nucleus"}]}');

describe.each(Object.keys(commands))('two processes of %s that make the same files', (name) => {
  const withLinks = ['', []] as const;
  const without = [' where there are no links', [noLinks]] as const;
  // One puts several files in place, the other a single one; the rest do it as these do.
  const both = name === 'threshold' || name === 'evaluate --csv';
  test.each<readonly [how: string, patches: readonly string[]]>(both ? [withLinks, without] : [withLinks])(
    'the second replaces none of the first%s, says how to, and does so when it is asked',
    async (how, patches) => {
      const output = `${name}${how}`;
      mkdirSync(join(cwd, output));
      const args = commands[name]!(output);
      const second = segtile(args, preloaded(...patches, waiting));
      // The first begins once the other has something to put in place.
      let over = false;
      void second.finally(() => {
        over = true;
      });
      const begun = (): boolean => over || filesIn(join(cwd, output)).length > 0;
      await expect.poll(begun, { interval: 20, timeout: 600_000 }).toBe(true);
      const first = await segtile(args, patches.length > 0 ? preloaded(...patches) : { cwd });
      const before = standing(join(cwd, output));
      const ended = await second;
      expect([first.code, first.stderr]).toEqual([0, expect.anything()]);
      expectRefused(ended);
      const names = filesIn(join(cwd, output));
      expect(names.filter((each) => each.startsWith('.'))).toEqual([]);
      expect(standing(join(cwd, output))).toEqual(Object.fromEntries(names.map((each) => [each, before[each]])));
      await segtileWell([...args, '--overwrite'], { cwd });
      expect(filesIn(join(cwd, output))).toEqual(names);
    },
    600_000,
  );
});

function expectRefused({ code, stderr }: Ended): void {
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^segtile: .* is there already\n {2}hint: use --overwrite/m)]);
}

test('of processes that start at once, one alone leaves files, and all of them are its own', async () => {
  const thresholds = ['0.2', '0.4', '0.6', '0.8'];
  const started = thresholds.map((threshold) => segtileProcess([...infer('race'), '--threshold', threshold], { cwd }));
  const ended = await Promise.all(started);
  const won = thresholds.filter((_, i) => ended[i]!.stdout.includes('slide.mask.ome.tif'));
  expect(won).toHaveLength(1);
  for (const { code, stdout, stderr } of ended.filter((each) => !each.stdout.includes('slide.mask.ome.tif'))) {
    // While the others look, it is either in work or done.
    if (code === 0) expect(stdout).toMatch(/^slide\.tif: in progress elsewhere, by process \d+ on /);
    else
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/slide\.run\.json is there already, of a run with other settings: --threshold/),
      ]);
  }
  expect(filesIn(join(cwd, 'race'))).toEqual(['slide.mask.ome.tif', 'slide.preview.jpg', 'slide.run.json']);
  await segtileWell([...infer('alone'), '--threshold', won[0]!], { cwd });
  for (const name of ['slide.mask.ome.tif', 'slide.preview.jpg'])
    expect(readFileSync(join(cwd, 'race', name)).equals(readFileSync(join(cwd, 'alone', name)))).toBe(true);
  const record = JSON.parse(readFileSync(join(cwd, 'race', 'slide.run.json'), 'utf8'));
  expect(JSON.stringify(record.settings.labels)).toContain(won[0]);
}, 600_000);

test('of datasets that are begun at once in one folder, one is made, and it is whole', async () => {
  const args = (output: string) => [
    'make-dataset',
    'slide.tif',
    '--truth',
    'truth.png',
    '--window',
    '32',
    '--tissue',
    'none',
    '-o',
    output,
  ];
  const ended = await Promise.all([1, 2, 3].map(() => segtileProcess(args('sets'), { cwd })));
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
  for (const { code, stderr } of ended)
    if (code !== 0) expect(stderr).toMatch(/sets (already has a dataset\n.*--overwrite|is being written by process \d+ on )/);
  await segtileWell([...args('whole'), '--quiet'], { cwd });
  expect(filesIn(join(cwd, 'sets'))).toEqual(filesIn(join(cwd, 'whole')));
  const list = (name: string): string => readFileSync(join(cwd, name, 'manifest.csv'), 'utf8');
  expect(list('sets')).toBe(list('whole'));
}, 600_000);

test('a mask that another process replaces while a comparison scores it is no result', async () => {
  const args = [
    'compare',
    'slide.tif',
    '--truth',
    'truth.png',
    '-m',
    'hematoxylin',
    '--tile',
    '128/64',
    '-o',
    'compared',
    '--no-report',
  ];
  await segtileWell(args, { cwd });
  const mask = filesIn(join(cwd, 'compared')).find((name) => name.endsWith('.mask.ome.tif'))!;
  const result = join(cwd, 'compared', mask.replace('.mask.ome.tif', '.result.json'));
  // Once the mask is there, the record beside it becomes that of another run.
  const replacing = `import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
const real = promises.readFile;
promises.readFile = async (path, ...more) => {
  if (String(path).endsWith('slide.run.json')) {
    const record = JSON.parse(fs.readFileSync(path, 'utf8'));
    fs.writeFileSync(path, JSON.stringify({ ...record, id: 'ffffffff' }));
  }
  return real(path, ...more);
};
syncBuiltinESMExports();`;
  const { code, stderr } = await segtile([...args, '--overwrite'], preloaded(replacing));
  expect([code, stderr]).toEqual([1, expect.stringMatching(/was replaced by another process before it was scored/)]);
  expect(existsSync(result)).toBe(false);
  expect((await readMask(join(cwd, 'compared', mask))).width).toBe(width);
}, 600_000);

/** What stands in a folder once nothing has changed there for a second: what was being written when its writer stopped is written by then. */
async function settled(path: string): Promise<ReturnType<typeof standing>> {
  for (let before = standing(path); ; ) {
    await delay(1000);
    const now = standing(path);
    if (isDeepStrictEqual(now, before)) return now;
    before = now;
  }
}

describe('a folder in which a process works', () => {
  const cut = ['make-dataset', 'slide.tif', '--truth', 'truth.png', '--window', '32', '--tissue', 'none', '--quiet', '-o'];
  const commands: Readonly<Record<string, readonly string[]>> = {
    'make-dataset': [...cut, 'busy-set'],
    'make-dataset --resume': [...cut, 'busy-set', '--resume'],
    'make-dataset --overwrite': [...cut, 'busy-set', '--overwrite'],
    'find-noise --overwrite': [
      ...['find-noise', 'set/manifest.csv', '--predictions', 'predictions', '--report', 'busy-noise', '--quiet', '--overwrite'],
    ],
    'compare --overwrite': [
      ...['compare', 'slide.tif', '--truth', 'truth.png', '-m', 'hematoxylin', '--tile', '128/128'],
      ...['-o', 'busy-compared', '--no-report', '--quiet', '--overwrite'],
    ],
  };

  /** Has a process stop, once it works in the folder, until it is killed. What compare runs does nothing, and ends with it. */
  const stopping = `import child from 'node:child_process';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
const { spawn } = child;
child.fork = () => {
  process.stderr.write('works');
  const idle = "process.on('message', () => {}).on('disconnect', () => process.exit())";
  return spawn(process.execPath, ['-e', idle], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: {} });
};
for (const name of ['rename', 'link']) {
  const real = promises[name];
  promises[name] = async (from, to) => {
    if (String(to).endsWith('.claim')) return real(from, to);
    process.stderr.write('works');
    await new Promise((done) => setTimeout(done, 600_000));
  };
}
syncBuiltinESMExports();`;

  test.each(Object.keys(commands))(
    'is left alone by %s, which says who works there, until that one is killed',
    async (name) => {
      const args = commands[name]!;
      const output = args.find((each) => each.startsWith('busy-'))!;
      let killFirst: (signal: NodeJS.Signals) => void = () => undefined;
      let begun: () => void = () => undefined;
      const works = new Promise<void>((done) => {
        begun = done;
      });
      const onStderr = (text: string, kill: (signal: NodeJS.Signals) => void): void => {
        killFirst = kill;
        if (text.endsWith('works')) begun();
      };
      const first = segtile(args, { ...preloaded(stopping), onStderr });
      await Promise.race([works, first]);
      const before = await settled(join(cwd, output));
      const { code, stderr } = await segtile(args, { cwd });
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^segtile: busy-\w+ is being written by process \d+ on \S+, which began at 20.*\n {2}hint: wait/),
      ]);
      const { pid } = JSON.parse(readFileSync(join(cwd, output, '.segtile.claim'), 'utf8')).process;
      expect(stderr).toContain(`process ${pid} on`);
      expect(standing(join(cwd, output))).toEqual(before);
      killFirst('SIGKILL');
      await first;
      // What was begun is gone on with, or begun again.
      await segtileWell(name === 'make-dataset' ? [...args, '--resume'] : args, { cwd });
      expect(filesIn(join(cwd, output)).filter((each) => /claim|\.partial/.test(each) && !each.includes('noise'))).toEqual([]);
    },
  );
});
