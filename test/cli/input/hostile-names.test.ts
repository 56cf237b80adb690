import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { disc, folder, save, segtileWell, writeSlide } from '../door.ts';

/** What a terminal obeys: colours, cursor, bells, another direction of letters. */
const hidden = /[^\P{Cc}\n\t]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

test('names of files and classes reach a terminal in letters that it shows', async () => {
  const where = folder();
  const name = 'a\u001b[31m\u202egnp\u0007\nsegtile: all is well\r\u009b2J';
  const slide = await writeSlide(join(where, `${name}.tif`), 256, 256, disc(128, 128, 60), { mpp: 0.5 });
  const mask = join(where, `${name}.truth.png`);
  const labels = Buffer.from(Array.from({ length: 256 * 256 }, (_, i) => ((i >> 3) & 1 ? 1 : 0)));
  await sharp(labels, { raw: { width: 256, height: 256, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(mask);
  const classes = save(where, 'classes.json', JSON.stringify({ classes: [{ name: `=1+1${name}` }] }));
  const commands = [
    ['info', slide],
    ['infer', slide, '-m', 'hematoxylin', '--window', '128', '--device', 'cpu', '-o', join(where, 'out')],
    ['evaluate', mask, '--truth', mask, '--classes', classes, '--csv', join(where, 'out.csv')],
    ['make-dataset', slide, '--truth', mask, '--classes', classes, '--window', '128', '-o', join(where, 'tiles')],
  ];
  for (const args of commands) {
    const { stdout, stderr } = await segtileWell(args);
    expect(stdout + stderr, args[0]!).not.toMatch(hidden);
    expect(`${stdout}\n${stderr}`, args[0]!).not.toMatch(/^segtile: all is well/m);
    const { stdout: lines } = await segtileWell([...args, '--json', ...(args[0] === 'info' ? [] : ['--overwrite'])]);
    expect(lines, args[0]!).not.toMatch(hidden);
    for (const line of lines.trim().split('\n')) JSON.parse(line);
  }
  const cells = (parse(readFileSync(join(where, 'out.csv'))) as string[][]).flat();
  expect(cells.some((cell) => cell.startsWith("'=1+1"))).toBe(true);
  expect(cells.filter((cell) => /^[=+@\t\r]/.test(cell))).toEqual([]);
});

test('a manifest holds no formula, and says what it said when it is read', async () => {
  const where = folder();
  const slide = await writeSlide(join(where, '-s.tif'), 256, 256, disc(128, 128, 100), { mpp: 0.5 });
  const truth = join(where, 't.png');
  await sharp(Buffer.alloc(256 * 256, 1), { raw: { width: 256, height: 256, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(truth);
  const pairs = save(where, 'pairs.csv', `slide,truth,patient\n${slide},${truth},=cmd|'/c calc'!A1\n`);
  const out = join(where, 'tiles');
  await segtileWell(['make-dataset', '--truth', pairs, '--window', '128', '-o', out]);
  const manifest = join(out, 'manifest.csv');
  const rows = parse(readFileSync(manifest), { columns: true }) as Record<string, string>[];
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    expect(row.group).toBe("'=cmd|'/c calc'!A1");
    for (const cell of Object.values(row)) if (/^[=+\-@\t\r]/.test(cell)) expect(Number(cell)).not.toBeNaN();
  }
  // Its masks against themselves: tiles are found by the names that they have.
  await segtileWell(['find-noise', manifest, '--predictions', join(out, 'masks')]);
  const noise = parse(readFileSync(join(out, 'noise/noise.csv')), { columns: true }) as Record<string, string>[];
  expect(noise.map(({ tile }) => tile).sort()).toEqual(rows.map(({ tile }) => tile).sort());
});
