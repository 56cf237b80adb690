/**
 * Opens and reads mutants, and says of each what came of it: one line of JSON before it starts, one when it is done.
 *
 *     node --import tsx test/fuzz/child.ts FOLDER SEED FIRST LAST KIND
 */
import { rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { SegtileError } from '../../dist/errors.js';
import { readModel } from '../../dist/model/graph/facts.js';
import { openSlide } from '../../dist/slide/open.js';
import type { Slide } from '../../dist/slide/slide.js';
import type { Outcome } from './fuzz.js';
import type { Kind } from './kinds.js';
import { mutant, originals } from './mutate.js';
import { readText } from './texts.js';

/** A mutant may claim to be huge, and to have no blocks at all: reading stops here. Pixels of a level, and milliseconds. */
const ENOUGH_PIXELS = 2 ** 25;
const ENOUGH_TIME = 2000;

const [folder, seed, first, last, given] = process.argv.slice(2) as [string, string, string, string, string];
const kind = given as Kind;
/** What an error may be about: a file that cannot be used. */
const CODES = ['input', 'unsupported', ...(kind === 'json' || kind === 'onnx' ? ['model', 'usage'] : [])];

const from = originals(kind);
for (let index = Number(first); index < Number(last); index++) {
  const { name, bytes } = mutant(from, Number(seed), index, kind);
  // Such as `truth.json` of `17 truth.json (bytes, text)`.
  const original = name.split(' ')[1]!;
  const path = join(folder, `mutant${extname(original)}`);
  writeFileSync(path, bytes);
  say({ index, name });
  const start = process.cpuUsage();
  const verdict = await judge(path, original);
  const { user, system } = process.cpuUsage(start);
  say({ index, name, ...verdict, ms: Math.round((user + system) / 1000), rss: process.resourceUsage().maxRSS * 1024 });
  rmSync(path);
}

function say(line: Outcome): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function judge(path: string, original: string): Promise<Pick<Outcome, 'verdict' | 'says'>> {
  try {
    if (kind === 'json') await readText(path, original);
    else if (kind === 'onnx') await readModel(path);
    else await readSlide(path);
    return { verdict: 'read' };
  } catch (thrown) {
    if (thrown instanceof SegtileError) {
      const fine = thrown.message !== '' && !thrown.message.includes('\n') && CODES.includes(thrown.code);
      return { verdict: fine ? 'refused' : 'fault', says: `${thrown.code}: ${thrown.message}`.slice(0, 2000) };
    }
    return { verdict: 'fault', says: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  }
}

async function readSlide(path: string): Promise<void> {
  const slide = await openSlide(path);
  try {
    for (const { index } of slide.levels) await readLevel(slide, index);
  } finally {
    await slide.close();
  }
}

/** Reads a level whole, and makes sure that its bands are as large as they should be. */
async function readLevel(slide: Slide, index: number): Promise<void> {
  const { width, height } = slide.levels[index]!;
  const start = performance.now();
  let next = 0;
  for await (const band of slide.readBands(index, { start: 0, length: height }, () => [{ start: 0, length: width }])) {
    if (band.y !== next || band.height < 1)
      throw new Error(`level ${index}: band of ${band.height} rows at ${band.y}, due ${next}`);
    next += band.height;
    let x = 0;
    for (const run of band.runs) {
      const { pixels } = run;
      if (run.x !== x || pixels.height !== band.height || pixels.channels !== 3)
        throw new Error(`level ${index}: run at ${run.x}`);
      if (pixels.data.length !== pixels.width * pixels.height * 3)
        throw new Error(`level ${index}: ${pixels.data.length} bytes`);
      x += pixels.width;
    }
    if (x !== width) throw new Error(`level ${index}: row of ${x} pixels where ${width} are due`);
    if (next * width > ENOUGH_PIXELS || performance.now() - start > ENOUGH_TIME) return;
  }
  if (next !== height) throw new Error(`level ${index}: ${next} rows where ${height} are due`);
}
