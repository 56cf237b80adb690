import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Ended, filesIn, folder, run, save, segtileWell } from '../cli/door.js';
import { readIndices } from '../dataset/indices.js';
import { root } from '../package/clone.js';
import { commandNames, commandsOf, type Example, fencesOf, helpExamples, inlineOf, writtenBy } from './examples.js';
import { createWorld, SMALL } from './world.js';

/** Every text that teaches by examples. */
const manual = ['README.md', ...filesIn(join(root, 'src')).flatMap((name) => (name.endsWith('.md') ? [`src/${name}`] : []))];

/** What the examples of a block are not run for, by its beginning, and why. */
const notRun: readonly (readonly [command: RegExp, why: string])[] = [
  [/^npm test$/, 'this is it'],
  [/^npm run bench:/, 'takes minutes, and some of it other programs'],
  [/\bsegtile(\.js)? view\b/, 'serves until it is ended; test/cli/view.test.ts does'],
  [/^npm run demo:compare$/, 'takes minutes; compare.test.ts runs variants'],
  [/^npm (install|link|pack|ci)\b/, 'test/package does'],
];

/** Options of what is no command of segtile, which the texts name too. */
const otherOptions = /^--(array|signal|nuclei|size|gflop|compare|seed|disable-wasm-trap-handler)$/;

const texts = manual.map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
const fences = texts.flatMap(({ name, text }) => fencesOf(text, name));
const commands = commandNames((await segtileWell(['--help'])).stdout);
const helps = new Map<string, string>();
for (const name of [...commands, 'runs note', 'runs watch', 'runs clean'])
  helps.set(name, (await segtileWell([...name.split(' '), '--help'])).stdout);

let world: string;
beforeAll(async () => {
  world = await createWorld();
});

/** A copy of the world, with what earlier commands would have left, unless the commands make it themselves. */
function home(lines: readonly string[]): string {
  const at = folder();
  const written = new Set(writtenBy(lines));
  cpSync(world, at, { recursive: true, filter: (path) => path !== join(world, 'made') });
  for (const name of readdirSync(join(world, 'made'))) {
    // A file goes where it is looked for.
    const [named = name] = lines.flatMap((line) => new RegExp(`\\S*/${name}(?=\\s|$)`).exec(line)?.[0] ?? []);
    if (!written.has(name)) cpSync(join(world, 'made', name), join(at, named), { recursive: true });
  }
  return at;
}

/** The same command for the slides of a test, which have a quarter of the sides that examples speak of. */
function smaller(line: string): string {
  return line
    .replace('--slide-size 35000x25000', '--slide-size 350x250')
    .replace(/(?<=--(?:window|stride|resize|tile) )[\d/,]+/g, (sides) =>
      sides.replace(/\d+/g, (side) => `${Number(side) / 4}`),
    );
}

/** Lines of a shell that do no more than to start segtile, with words, some of them patterns or in quotes. */
const plain = /^(?:segtile|node bin\/segtile\.js)((?: (?:[\w./,:=%+*-]+|'[\w./*-]+'))+)$/;

/** The words that a shell makes of some: patterns outside of quotes become what they match. */
function wordsOf(text: string, cwd: string): string[] {
  return text.split(' ').flatMap((word) => {
    if (word.startsWith("'")) return [word.slice(1, -1)];
    if (!word.includes('*')) return [word];
    const [folder, pattern] = [dirname(word), new RegExp(`^${basename(word).replaceAll('.', '\\.').replaceAll('*', '.*')}$`)];
    const names = readdirSync(join(cwd, folder)).filter((name) => pattern.test(name));
    return names.length === 0 ? [word] : names.sort().map((name) => join(folder, name));
  });
}

/** Runs a line as somebody would who has installed segtile and works in a folder; in a process of its own where more is asked of the shell. */
async function typed(text: string, cwd: string): Promise<Ended> {
  const line = smaller(text);
  const [, words] = plain.exec(line) ?? [];
  if (words !== undefined) return segtileWell(wordsOf(words.trim(), cwd), { cwd });
  const command = line.replace(/^node bin\/segtile\.js\b/, 'segtile').replace(/^npm run\b/, `npm --prefix '${root}' run`);
  const path = [join(cwd, 'bin'), process.env.PATH].join(delimiter);
  const ended = await run('bash', ['-c', command], { cwd, env: { PATH: path } });
  expect(ended.code, `${line}\n${ended.stderr}`).toBe(0);
  return ended;
}

const blocks = [
  ...fences.filter(({ language }) => language === 'sh').map(({ where, text }) => ({ where, lines: commandsOf(text) })),
  // Those of help do not follow from each other.
  ...[...helps].flatMap(([name, help]) =>
    commandsOf(helpExamples(help)).map((line) => ({ where: `segtile ${name} --help: ${line}`, lines: [line] })),
  ),
].filter(({ lines }) => lines.length > 0);

test('the texts hold examples of every kind', () => {
  expect(blocks.length).toBeGreaterThan(9);
  expect(new Set(fences.map(({ language }) => language))).toEqual(new Set(['sh', 'json', 'js', '']));
});

test.each(blocks)('the commands of $where run', async ({ lines }) => {
  const cwd = home(lines);
  for (const line of lines) if (!notRun.some(([command]) => command.test(line))) await typed(line, cwd);
});

const drawn = texts
  .flatMap(({ text }) => inlineOf(text))
  .find((text) => text.startsWith('npm run sample -- '))!
  .replace(/--size \S+/, '--size 700x500');
test(`${drawn}, smaller, draws a slide`, async () => {
  const at = folder();
  const [, name] = /(\S+\.tif)$/.exec(drawn)!;
  await typed(drawn.replace(name!, join(at, name!)), at);
  expect(existsSync(join(at, name!))).toBe(true);
});

describe('files that are shown are read', () => {
  const files = fences.filter(({ language }) => language === 'json');
  const among = (example: Example, ...keys: string[]): boolean => keys.some((key) => key in JSON.parse(example.text));
  const cards = files.filter((each) => among(each, 'activation'));
  const augmentations = files.filter((each) => among(each, 'steps'));
  const classes = files.filter((each) => !cards.includes(each) && among(each, 'classes'));

  test('each by a test of these', () => {
    expect([...cards, ...augmentations, ...classes].map(({ where }) => where).sort()).toEqual(
      files.map(({ where }) => where).sort(),
    );
    expect([cards.length > 0, augmentations.length > 0, classes.length > 0]).toEqual([true, true, true]);
  });

  test.each(cards)('the card of $where', async ({ text }) => {
    const cwd = home([]);
    save(cwd, 'model.segtile.json', text);
    const { stdout } = await segtileWell(['info', 'model.onnx'], { cwd });
    const [{ name }] = JSON.parse(text).classes;
    expect(stdout).toContain(name);
    await segtileWell(['infer', 'slide.svs', '-m', 'model.onnx', '-o', 'card'], { cwd });
  });

  test.each(augmentations)('the augmentation of $where', async ({ text }) => {
    const cwd = home([]);
    save(cwd, 'augment.json', text);
    await segtileWell(
      ['make-dataset', 'slides/s1.tif', '--truth', 'truth', '--window', '75', '--augment', 'augment.json', '-o', 'augmented'],
      { cwd },
    );
    const { augmentation } = JSON.parse(readFileSync(join(cwd, 'augmented/dataset.json'), 'utf8'));
    expect(augmentation.made.copies).toBeGreaterThan(0);
  });

  test.each(classes)('the classes of $where, for annotations, values and colours', async ({ text }) => {
    const cwd = home([]);
    save(cwd, 'classes.json', text);
    const file = JSON.parse(text);
    const labels = new Map<string, number>(file.classes.map(({ name }: { name: string }, i: number) => [name, i + 1]));
    const cut = async (truth: string): Promise<number[]> => {
      const args = [
        'slides/s1.tif',
        '--truth',
        truth,
        '--classes',
        'classes.json',
        '--tissue',
        'none',
        '--window',
        String(SMALL),
      ];
      await segtileWell(['make-dataset', ...args, '-o', `of-${truth}`], { cwd });
      const [mask] = filesIn(join(cwd, `of-${truth}`)).filter((path) => /^masks\/.*\.png$/.test(path));
      const { data } = readIndices(join(cwd, `of-${truth}`, mask!));
      return [...new Set(data)].sort((a, b) => a - b);
    };
    const every = [0, ...labels.values()];
    // A square for each name that the file lists, and one without a name.
    const named = file.classes.flatMap(({ name, names = [] }: { name: string; names?: string[] }) => [name, ...names]);
    const all = [...named, ...(file.ignore?.names ?? []), ...(file.skip ?? []), undefined];
    const features = all.map((name: string | undefined, i: number) => ({
      type: 'Feature',
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [0, 10 * i],
            [250, 10 * i],
            [250, 10 * i + 9],
            [0, 10 * i + 9],
            [0, 10 * i],
          ],
        ],
      },
      properties: name === undefined ? {} : { classification: { name } },
    }));
    save(cwd, 's1.geojson', JSON.stringify({ type: 'FeatureCollection', features }));
    expect(await cut('s1.geojson')).toEqual(file.ignore?.names ? [...every, 255] : every);

    // A column for each value, and then for each colour.
    const values: number[] = [
      0,
      ...file.classes.flatMap((each: { values?: number[] }) => each.values ?? []),
      ...(file.ignore?.values ?? []),
    ];
    const bytes = Buffer.from({ length: SMALL * SMALL } as ArrayLike<number>).map(
      (_, at) => values[Math.min(at % SMALL, values.length - 1)]!,
    );
    await sharp(bytes, { raw: { width: SMALL, height: SMALL, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(cwd, 'values.png'));
    expect(await cut('values.png')).toContain(1);
    const colors = [
      [0, 0, 0],
      ...file.classes.flatMap(({ color, colors = [] }: { color?: number[]; colors?: number[][] }) => [
        ...(color ? [color] : []),
        ...colors,
      ]),
    ];
    const rgb = Buffer.concat(
      Array.from({ length: SMALL * SMALL }, (_, at) => Buffer.from(colors[Math.min(at % SMALL, colors.length - 1)]!)),
    );
    await sharp(rgb, { raw: { width: SMALL, height: SMALL, channels: 3 } })
      .png()
      .toFile(join(cwd, 'colors.png'));
    expect(await cut('colors.png')).toEqual(every);
  });

  test('thresholds', async () => {
    const shown = texts.flatMap(({ text }) => inlineOf(text)).filter((text) => text.startsWith('{ "thresholds"'));
    expect(shown).not.toEqual([]);
    const cwd = home([]);
    for (const [i, text] of shown.entries()) {
      save(cwd, 'best.json', text);
      const args = ['infer', 'slide.svs', '-m', 'both.onnx', '--threshold', 'best.json', '--no-preview', '-o', `best${i}`];
      await segtileWell(args, { cwd });
    }
  });
});

test.each(fences.filter(({ language }) => language === 'js'))('the program of $where runs', async ({ text }) => {
  const cwd = home([]);
  const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
  save(cwd, 'example.mjs', text.replaceAll("'segtile'", library));
  const { code, stdout, stderr } = await run(process.execPath, ['example.mjs'], { cwd });
  expect(code, stderr).toBe(0);
  expect(stdout).not.toBe('');
});

test('every option and command that is named is there', () => {
  const known = new Set([...helps.values()].flatMap((help) => [...help.matchAll(/--[a-z][a-z0-9-]*/g)].map(([name]) => name)));
  for (const { name, text } of texts) {
    for (const each of inlineOf(text)) {
      const [, command] = /^segtile ([a-z-]+)/.exec(each) ?? [];
      if (command) expect(commands, `${name}: ${each}`).toContain(command);
      const [below] = /(?<=^segtile )runs (note|watch|clean)/.exec(each) ?? [];
      const help = command && helps.get(below ?? command);
      for (const [option] of each.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g)) {
        if (otherOptions.test(option) || option === '--help' || /^np[mx] /.test(each)) continue;
        expect(help ?? [...known], `${name}: ${each}`).toContain(option);
      }
    }
  }
});
