import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { segtile, segtileWell } from '../cli/door.js';
import { root } from '../package/clone.js';
import { commandNames, optionNames } from './examples.js';

const topics = readdirSync(join(root, 'src/manual'))
  .sort()
  .map((file) => file.replace(/\.md$/, ''));
const pages = ['README.md', ...topics.map((topic) => `src/manual/${topic}.md`)];
const texts = new Map(pages.map((page) => [page, readFileSync(join(root, page), 'utf8')]));
const all = (await segtileWell(['help'])).stdout;
const commands = commandNames(all);

/** The help of every command, and of commands below them. */
const helps = new Map<string, string>();
for (const name of [...commands, 'runs note', 'runs watch', 'runs clean'])
  helps.set(name, (await segtileWell([...name.split(' '), '--help'])).stdout);

test('README links to every topic', () => {
  const known = [
    'cluster',
    'datasets',
    'devices',
    'evaluation',
    'folders',
    'formats',
    'library',
    'models',
    'outputs',
    'speed',
    'windows',
  ];
  expect(topics).toEqual(expect.arrayContaining(known));
  for (const topic of topics) expect(texts.get('README.md')).toContain(`\n- [${topic}](src/manual/${topic}.md): `);
});

test.each(topics)('segtile help %s shows the page, with its links in words', async (topic) => {
  const text = texts.get(`src/manual/${topic}.md`)!;
  const [title] = text.split('\n');
  expect(title).toMatch(new RegExp(`^# ${topic}: .+`));
  const { stdout, stderr } = await segtileWell(['help', topic]);
  expect(stderr).toBe('');
  expect(stdout.startsWith(`${helps.has(topic) ? `${helps.get(topic)}\n` : ''}${title}\n\n`)).toBe(true);
  expect(stdout).toMatch(/[^\n]\n$/);
  expect(stdout).not.toMatch(/^```|\]\(|\.md#/m);
  expect(stdout).not.toContain('\u001b');
  for (const row of text.split('\n').filter((line) => line.startsWith('|') && !line.includes('](')))
    expect(stdout.split('\n')).toContain(row);
  for (const [, other] of stdout.matchAll(/(?<!`)segtile help ([a-z]+)/g)) expect(topics).toContain(other);
});

test('segtile help lists the topics, as --help does, and the help of a command names those that say more', async () => {
  expect((await segtileWell(['--help'])).stdout).toBe(all);
  for (const topic of topics) expect(all).toMatch(new RegExp(`^  ${topic} +\\S`, 'm'));
  for (const [name, help] of helps) {
    if (name === 'help') continue;
    const [, named] = /^More \(segtile help <topic>\):\s+(.+)$/m.exec(help) ?? [];
    expect(named, name).toBeDefined();
    for (const each of named!.split(', ')) expect(topics, name).toContain(each);
  }
});

test('segtile help <command> is segtile <command> --help', async () => {
  for (const [name, help] of helps) {
    const { stdout } = await segtileWell(['help', ...name.split(' ')]);
    // Before the topic, where there is one of the same name.
    expect(topics.includes(name) ? stdout.slice(0, help.length) : stdout, name).toBe(help);
  }
});

test.each([
  [['windws'], 'did you mean "windows"?'],
  [['makedataset'], 'did you mean "make-dataset"?'],
  [['runs', 'nte'], '"runs nte"'],
  [['windows', 'more'], '"windows more"'],
  [['xyzzy'], '"xyzzy"'],
])('segtile help %s is wrong use, and names what there is', async (words, said) => {
  const { code, stdout, stderr } = await segtile(['help', ...words]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(said);
  expect(stderr).toContain(`topics are ${topics.join(', ')}; commands are ${commands.join(', ')}`);
});

test('README is short, and every line fits', () => {
  expect(texts.get('README.md')!.split('\n').length).toBeLessThanOrEqual(160);
  for (const [page, text] of texts) {
    for (const [at, line] of text.split('\n').entries()) expect([...line].length, `${page}:${at + 1}`).toBeLessThanOrEqual(110);
  }
});

/** What GitHub calls a heading in links. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const linked = [...pages, 'CHANGELOG.md', '.github/CONTRIBUTING.md', 'samples/kidney/README.md', 'samples/train/README.md'];

test.each(linked)('the links of %s lead somewhere', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (target!.startsWith('https://')) continue;
    const [path, at] = target!.split('#');
    const file = path === '' ? page : relative(root, join(root, dirname(page), path!));
    const linked = readFileSync(join(root, file));
    if (at === undefined) continue;
    const anchors = [...linked.toString().matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading!));
    expect(anchors, `${page}: ${target}`).toContain(at);
  }
});

test('files that the texts name are there', () => {
  for (const page of linked) {
    const text = readFileSync(join(root, page), 'utf8');
    const paths = [...text.matchAll(/`((?:src|test|samples|bin|\.ci)\/[\w./-]+)`/g)].map(([, path]) => path!);
    for (const path of paths) expect(existsSync(join(root, path)), `${page}: ${path}`).toBe(true);
  }
});

test('every option stands in the manual', () => {
  const manual = [...texts.values()].join('\n');
  const missing = [...helps].flatMap(([name, help]) =>
    optionNames(help)
      .filter((option) => option !== '--help' && !new RegExp(`${option}(?![a-z0-9-])`).test(manual))
      .map((option) => `segtile ${name} ${option}`),
  );
  expect(missing).toEqual([]);
});
