import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { knownRecord } from '../../../dist/pipeline/records/known-record.js';
import { readShape } from '../../../dist/plan/text/shape.js';
import { disc, type Ended, filesIn, folder, program, run, save, segtile, segtileWell, writeSlide } from '../door.ts';

const cwd = folder();
const [width, height] = [300, 200];
const infer = ['infer', 'slide.tif', '-m', 'hematoxylin', '--window', '128', '--quiet', '--no-preview', '--overwrite'];
const recordPath = join(cwd, 'segtile-out', 'slide.run.json');
const record = (): Record<string, Record<string, unknown>> => JSON.parse(readFileSync(recordPath, 'utf8'));

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, disc(150, 100, 70), { mpp: 0.5 });
  const truth = Buffer.from({ length: width * height }).map((_, i) =>
    Math.hypot((i % width) - 150, i / width - 100) < 50 ? 1 : 0,
  );
  const image = sharp(truth, { raw: { width, height, channels: 1 } });
  await image.toColourspace('b-w').png().toFile(join(cwd, 'truth.png'));
  await segtileWell(infer, { cwd });
});

function expectNoCrash({ code, stderr }: Ended): void {
  expect(stderr).not.toMatch(/unexpected error|TypeError|RangeError|\n {4}at /);
  expect([0, 1, 2]).toContain(code);
}

describe('a history', () => {
  const lineOf = (id: string) => ({
    ...JSON.parse(readFileSync(join(cwd, 'segtile-out', 'runs.jsonl'), 'utf8').split('\n')[0]!),
    id,
  });
  const listed = async (path: string) => {
    const ended = await segtileWell(['runs', '--history', path, '--json'], { cwd });
    return { ids: ended.stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line).id] : [])), said: ended.stderr };
  };

  test('that a full disk has torn is gone on with on a line of its own, and what is torn is passed over and told', async () => {
    const good = `${JSON.stringify(lineOf('a1'))}\n`;
    // Blank lines until 40 bytes are left of what "ulimit -f" allows: of the next line, those.
    const room = Math.ceil((good.length + 41) / 1024) * 1024;
    const path = save(folder(), 'runs.jsonl', good + '\n'.repeat(room - 40 - good.length));
    const note = ['runs', 'note', 'a1', '--history', path, '--text', 'one that is longer than 40 bytes'];
    const full = await run('bash', ['-c', `ulimit -f ${room / 1024}; exec "$0" "$@"`, process.execPath, program, ...note]);
    expect(full.code).toBe(1);
    expect(full.stderr).toMatch(/^segtile: cannot write .*runs\.jsonl: EFBIG/m);
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"kind":"note".*[^\n]$/m);
    const line = readFileSync(path, 'utf8').split('\n').length;
    await segtileWell([...infer, '--history', path], { cwd });
    const after = await listed(path);
    expect(after.ids).toEqual(['a1', record().id]);
    expect(after.said).toBe(`segtile: warning: ${path}: 1 line is not a run, score or note, and skipped: line ${line}\n`);
  });

  const { kind: _, ...bare } = {
    kind: 'run',
    id: 'x',
    time: 't',
    command: 'infer',
    slide: 's',
    result: 'r',
    settings: {},
    measured: {},
  };
  const bad: readonly unknown[] = [
    ...[null, 5, 'run', [], {}, { kind: 'run' }, { kind: 'run', id: 'x' }, { kind: 'other', ...bare }, { kind: 'scores' }],
    ...[
      { id: 5 },
      { time: 5 },
      { slide: null },
      { result: {} },
      { settings: [] },
      { settings: null },
      { settings: { a: {} } },
    ].map((change) => ({ kind: 'run', ...bare, ...change })),
    ...[{ measured: { seconds: '5' } }, { measured: 5 }].map((change) => ({ kind: 'run', ...bare, ...change })),
    { kind: 'scores', ...bare, truth: 't', scores: { dice: 'good' } },
    { kind: 'note', id: 'a1', time: 't', text: 5 },
    { kind: 'note', id: 'a1', time: 't', leaderboard: 'first' },
  ];

  test('of which many lines are none still tells its runs, and how many others there are', async () => {
    const texts = [...bad.map((line) => JSON.stringify(line)), 'nonsense', '{"kind":"run","id":"a', '\0\0\0'];
    const all = [JSON.stringify(lineOf('a1')), ...texts, JSON.stringify(lineOf('b2'))];
    const path = save(folder(), 'runs.jsonl', `${all.join('\n')}\n`);
    const { ids, said } = await listed(path);
    expect(ids).toEqual(['a1', 'b2']);
    expect(said).toContain(`: ${texts.length} lines are not a run, score or note, and skipped: lines 2, 3, 4, 5`);
    expect(said).toContain(`and ${texts.length - 10} more`);
    expect((await segtileWell(['runs', 'a1', 'b2', '--history', path], { cwd })).stderr).toBe(said);
    await segtileWell(['runs', 'note', 'b2', '--history', path, '--text', 'noted'], { cwd });
    expect((await segtileWell(['runs', '--history', path], { cwd })).stdout).toContain('b2: noted');
  });
});

describe('the record beside a mask', () => {
  test.each<[string, (old: ReturnType<typeof record>) => unknown, RegExp]>([
    [
      'a path that is a number',
      (old) => ({ ...old, mask: { ...old.mask, path: 5 } }),
      /expected a text for mask\.path but got 5/,
    ],
    ['no path', (old) => ({ ...old, mask: {} }), /expected a text for mask\.path but got nothing/],
    [
      'a size beyond all images',
      (old) => ({ ...old, slide: { ...old.slide, width: 1e300 } }),
      /for slide\.width but got 1e\+300/,
    ],
    ['a size below nothing', (old) => ({ ...old, slide: { ...old.slide, height: -1 } }), /for slide\.height but got -1/],
    ['a size in words', (old) => ({ ...old, slide: { ...old.slide, width: '300' } }), /for slide\.width but got "300"/],
    ['a range in words', (old) => ({ ...old, slide: { ...old.slide, range: 'all' } }), /for slide\.range but got "all"/],
    ['channels by name', (old) => ({ ...old, slide: { ...old.slide, picked: ['red'] } }), /for slide\.picked\.0 but got "red"/],
    ['a slide that is none', (old) => ({ ...old, slide: [] }), /expected {…} for slide but got \[\]/],
    [
      'probabilities that are none',
      (old) => ({ ...old, probabilities: 'yes' }),
      /expected {…} for probabilities but got "yes"/,
    ],
    ['a list', () => [], /expected {…} but got \[\]/],
    ['nothing', () => null, /expected {…} but got null/],
  ])('that has %s is an error that says so', async (_, change, words) => {
    const own = folder();
    cpSync(join(cwd, 'segtile-out'), own, { recursive: true });
    writeFileSync(join(own, 'slide.run.json'), JSON.stringify(change(record())));
    const ended = await segtile(['evaluate', join(own, 'slide.mask.ome.tif'), join(cwd, 'truth.png'), '--quiet'], { cwd });
    expectNoCrash(ended);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/slide\.run\.json: expected/);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).toMatch(/hint: .*--slide-size/);
  });

  test('is believed only where each part that is read back is what it must be', () => {
    const places: (readonly string[])[] = [
      ['id'],
      ['slide', 'path'],
      ['slide', 'width'],
      ['slide', 'notes'],
      ['model', 'classes'],
    ];
    places.push(
      ['working', 'downsample'],
      ['settings'],
      ['device'],
      ['windows', 'run'],
      ['coverage'],
      ['mask', 'path'],
      ['seconds'],
    );
    places.push(['seconds', 'total'], ['peakRssBytes'], ['versions'], ['versions', 'node'], ['slide'], ['mask'], ['windows']);
    expect(readShape(JSON.stringify(record()), 'r', knownRecord)).toEqual(record());
    const wrong = fc.constantFrom<unknown>(null, true, -1, [null], { a: null }, undefined);
    fc.assert(
      fc.property(fc.constantFrom(...places), wrong, (place, value) => {
        const changed = record() as Record<string, unknown>;
        const parent = place.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, changed);
        parent[place.at(-1)!] = value;
        // Plain data is all that these are.
        fc.pre(!(['settings', 'device'].includes(place[0]!) && typeof value === 'object' && value !== null));
        fc.pre(!(place[0] === 'coverage' && value === -1) && !(place[1] === 'downsample' && value === -1));
        fc.pre(!(place.length > 1 && ['seconds', 'versions'].includes(place[0]!) && value === undefined));
        expect(() => readShape(JSON.stringify(changed), 'r', knownRecord)).toThrow(/^r: expected .* for .* but got/);
      }),
    );
  });
});

test('a result of a comparison that is damaged is made anew, and one that is whole is kept', async () => {
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
    'cmp',
    '--no-report',
  ];
  await segtileWell(args, { cwd });
  expect((await segtileWell(args, { cwd })).stderr).toContain('done before');
  const path = join(cwd, 'cmp', filesIn(join(cwd, 'cmp')).find((name) => name.endsWith('.result.json'))!);
  const whole = readFileSync(path, 'utf8');
  const old = JSON.parse(whole);
  const { scores } = old;
  for (const damaged of [
    whole.slice(0, whole.length / 2),
    JSON.stringify({ key: old.key }),
    JSON.stringify({ ...old, record: { ...old.record, mask: { path: 5 } } }),
    JSON.stringify({ ...old, scores: { ...scores, confusion: { slots: 2, counts: [1], ignored: 0 } } }),
    JSON.stringify({ ...old, scores: { ...scores, classes: [] } }),
    JSON.stringify({ ...old, record: { ...old.record, seconds: [] } }),
  ]) {
    writeFileSync(path, damaged);
    const ended = await segtileWell(args, { cwd });
    expect(ended.stderr).not.toContain('done before');
    expect(JSON.parse(readFileSync(path, 'utf8')).scores).toEqual(scores);
  }
});

test('a slide of a dataset whose record is damaged is cut anew, and nothing outside is touched', async () => {
  const own = folder();
  cpSync(join(cwd, 'slide.tif'), join(own, 'slide.tif'));
  mkdirSync(join(own, 'truth'));
  for (const name of ['slide', 'broken']) cpSync(join(cwd, 'truth.png'), join(own, 'truth', `${name}.png`));
  // A slide that fails keeps the records of the others.
  save(own, 'broken.tif', 'no image');
  const victim = save(own, 'victim.png', 'dear');
  const args = [
    'make-dataset',
    'slide.tif',
    'broken.tif',
    '--truth',
    'truth',
    '--window',
    '64',
    '--tissue',
    'none',
    '-o',
    'set',
  ];
  expect((await segtile(args, { cwd: own })).code).toBe(1);
  const path = join(own, 'set', '.segtile', 'slides', 'slide.jsonl');
  const whole = readFileSync(path, 'utf8');
  const [head, ...rows] = whole.trimEnd().split('\n');
  const tiles = filesIn(join(own, 'set', 'images'));
  expect(tiles.length).toBe(rows.length);
  expect((await segtile([...args, '--resume'], { cwd: own })).stderr).toContain('done before, kept');
  const outside = JSON.stringify({ ...JSON.parse(rows[0]!), image: '../victim.png' });
  const { plan } = JSON.parse(head!);
  for (const damaged of [
    '',
    whole.slice(0, 30),
    whole.slice(0, whole.length - 20),
    `${head}\n${rows.slice(1).join('\n')}\n`,
    [head, outside, ...rows.slice(1)].join('\n'),
    [head, '5', ...rows.slice(1)].join('\n'),
    [JSON.stringify({ plan }), ...rows].join('\n'),
    [JSON.stringify({ ...JSON.parse(head!), totals: { train: { tiles: 5 } } }), ...rows].join('\n'),
    [JSON.stringify({ ...JSON.parse(head!), tiles: '5' }), ...rows].join('\n'),
  ]) {
    writeFileSync(path, damaged);
    const ended = await segtile([...args, '--resume'], { cwd: own });
    expectNoCrash(ended);
    expect(ended.stderr).not.toContain('kept');
    expect(ended.stderr).toContain('1 of 2 slides done');
    expect(readFileSync(path, 'utf8')).toBe(whole);
    expect(filesIn(join(own, 'set', 'images'))).toEqual(tiles);
    expect(existsSync(victim)).toBe(true);
  }

  await segtileWell(['make-dataset', 'slide.tif', '--truth', 'truth', '--window', '64', '-o', 'set2', '--quiet'], { cwd: own });
  const dataset = JSON.parse(readFileSync(join(own, 'set2', 'dataset.json'), 'utf8'));
  for (const damaged of [
    null,
    [],
    {},
    { classes: 5 },
    { classes: [{ ...dataset.classes[0], label: 1e300 }] },
    { classes: [{ label: 1 }] },
  ]) {
    save(join(own, 'set2'), 'dataset.json', JSON.stringify(damaged));
    const ended = await segtile(['find-noise', 'set2/manifest.csv', '--predictions', 'set2/masks'], { cwd: own });
    expectNoCrash(ended);
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot read the classes of the dataset: .*dataset\.json: expected/),
    });
  }
});
