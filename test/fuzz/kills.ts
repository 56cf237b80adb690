/**
 * Kills commands outright at random moments, starts each once more, and compares what is there then with what an undisturbed run leaves:
 *
 *     npm run fuzz:kills -- --count 200 --seed 1 --width 2000 --height 5000
 *     npm run fuzz:kills -- --count 50 --only merge
 *
 * Kinds of kills take turns: of segtile infer with every output, of a shard of its rows, and of segtile merge. Every fourth time the strips that were
 * being written are cut back as well, as by a loss of power. Prints, for each kind, how much longer the two starts took than an undisturbed one: in
 * seconds that passed, and in seconds of the processor, which other work on the machine does not change as much.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../bench/measuring/figures.js';
import { tissueTexture, writeSlide } from '../bench/pictures/slides.js';
import { random, unet } from '../model/networks.js';
import { type Around, forget, killOnce, runOnce } from '../strip/kills.js';
import { resultOf } from '../strip/lasting.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    width: { type: 'string', default: '2000' },
    height: { type: 'string', default: '5000' },
    gflop: { type: 'string', default: '0.3' },
    only: { type: 'string', default: '' },
  },
});
const home = mkdtempSync(join(tmpdir(), 'segtile-kills-'));
const [width, height] = [Number(values.width), Number(values.height)];
const slide = join(home, 'slide.tif');
await writeSlide(slide, tissueTexture(), { width, height });
const model = join(home, 'model.onnx');
writeFileSync(model, unet(Number(values.gflop)));

/** Lies outside of the folders of results, as it is for all slides. Each run is to be the first that adds rows to it. */
const submission = join(home, 'submission.csv');
const forgetRows = (): void => rmSync(submission, { force: true });

const infer = (output: string, ...more: readonly string[]): string[] => [
  ...['infer', slide, '-m', model, '--window', '256', '--overlap', '50%', '--no-history', '--quiet', '-o', output],
  ...['--probabilities', 'uint8', '--objects', 'geojson,csv', '--report-disagreement', '--min-object', '20px', '--report'],
  ...['--instances', '--heatmap', 'class 1', '--heatmap-size', '400', '--simplify', '0.5px', '--submission', submission],
  ...more,
];
const shard = (output: string, index: number): string[] => infer(output, '--shard', `${index}/3`, '--shard-rows');
const merge = (output: string): string[] => ['merge', output, '--quiet'];

/** A command that is killed. */
interface Kind extends Around {
  readonly name: string;
  args(output: string): readonly string[];
  /** What follows once it has ended well, so that there are results to compare. */
  readonly after?: (output: string) => readonly string[];
}

const shards = join(home, 'shards');
const holding =
  (...indices: readonly number[]) =>
  (output: string): void => {
    for (const index of indices) {
      const name = `slide.shard-${index}-of-3.strips`;
      copyFileSync(join(shards, name), join(output, name));
    }
  };
const kinds: readonly Kind[] = [
  { name: 'infer', args: infer },
  {
    name: 'shard',
    args: (output) => shard(output, 2),
    prepare: holding(1, 3),
    strips: '.slide.shard-2-of-3.strips',
    after: merge,
  },
  { name: 'merge', args: merge, prepare: holding(1, 2, 3) },
];

/** What a run left, without what no two runs share. */
function left(output: string): string {
  const { 'summary.csv': _, ...files } = resultOf(output);
  const rows = existsSync(submission) ? createHash('sha256').update(readFileSync(submission)).digest('hex') : 'none';
  return JSON.stringify({ ...files, submission: rows }, null, 2);
}

/** Seconds of a processor that ended children of this process have taken. */
function spent(): number {
  const text = readFileSync('/proc/self/stat', 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Fields 16 and 17 of proc(5), in hundredths of a second; the first two were cut off above.
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Runs something, and measures it: seconds that passed, and seconds of the processor. */
async function measured<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly wall: number; readonly cpu: number }> {
  const [began, before] = [performance.now(), spent()];
  const value = await work();
  return { value, wall: (performance.now() - began) / 1000, cpu: spent() - before };
}

const mean = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0) / Math.max(1, all.length);

// The shards first: what is measured of the network at the first start is no part of what the others take.
mkdirSync(shards);
for (const index of [1, 3]) await runOnce((output) => shard(output, index), shards);
const [whole, merged] = [join(home, 'whole'), join(home, 'merged')];
for (const each of [whole, merged]) mkdirSync(each);
const undisturbed = new Map([['infer', await measured(() => runOnce(infer, whole))]]);
const wanted = left(whole);
forgetRows();
undisturbed.set('shard', await measured(() => runOnce((output) => shard(output, 2), shards)));
holding(1, 2, 3)(merged);
undisturbed.set('merge', await measured(() => runOnce(merge, merged)));
if (left(merged) !== wanted)
  throw new Error(`the merge is not the same: ${merged}\n${left(merged)}\n--- and the whole\n${wanted}`);
for (const [name, { wall, cpu }] of undisturbed)
  console.log(`undisturbed ${name}: ${wall.toFixed(1)} s, ${cpu.toFixed(1)} s of a processor`);

const next = random(Number(values.seed));
const chosen = kinds.filter(({ name }) => name.includes(values.only));
const seen = new Map(
  chosen.map(({ name }) => [name, { kills: 0, late: 0, cut: 0, bad: 0, wall: [] as number[], cpu: [] as number[] }]),
);
for (let i = 0; i < Number(values.count); i++) {
  const kind = chosen[i % chosen.length]!;
  const alone = undisturbed.get(kind.name)!;
  const counts = seen.get(kind.name)!;
  // Where the undisturbed run was slowed down by other work, most moments up to its end would be too late.
  const after = Math.round(next() * 1000 * Math.min(1.05 * alone.wall, 2 * alone.cpu));
  const cut = Math.floor(i / chosen.length) % 4 === 3 ? (size: number): number => Math.floor(next() * size) : undefined;
  const prepare = (output: string): void => {
    forgetRows();
    kind.prepare?.(output);
  };
  const { value: killed, wall, cpu } = await measured(() => killOnce(kind.args, after, { ...kind, cut, prepare }));
  if (kind.after) await runOnce(kind.after, killed.output);
  const same = left(killed.output) === wanted;
  counts.kills++;
  if (killed.late) counts.late++;
  if (cut) counts.cut++;
  if (!same) counts.bad++;
  if (!killed.late && !cut) {
    counts.wall.push(wall - alone.wall);
    counts.cpu.push(cpu - alone.cpu);
  }
  const bad = same ? '' : `, NOT THE SAME: ${killed.output}\n${left(killed.output)}`;
  console.log(
    `${i + 1}: ${kind.name} killed after ${after} ms${killed.late ? ', too late' : ''}, ${wall.toFixed(1)} s in all${bad}`,
  );
  if (same) forget(killed);
}
const rows = [...seen].map(([name, { kills, late, cut, bad, wall, cpu }]) => {
  const alone = undisturbed.get(name)!;
  return [
    ...[name, String(kills), String(late), String(cut), String(bad)],
    ...[`${alone.wall.toFixed(1)} s`, `${mean(wall).toFixed(2)} s`, `${alone.cpu.toFixed(1)} s`, `${mean(cpu).toFixed(2)} s`],
  ];
});
const heads = [
  'killed',
  'times',
  'of them too late',
  'cut back',
  'other bytes',
  'undisturbed',
  'twice, mean',
  'processor',
  'twice, mean',
];
console.log(table(heads, rows));
rmSync(home, { recursive: true });
process.exitCode = [...seen.values()].some(({ bad }) => bad > 0) ? 1 : 0;
