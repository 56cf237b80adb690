/**
 * Kills runs outright at random moments, starts each once more, and compares what is there then with what an undisturbed run leaves:
 *
 *     npm run fuzz:kills -- --count 200 --seed 1 --width 2000 --height 5000
 *
 * Every fourth time the strips are cut back as well, as by a loss of power. Prints how much longer the two starts took than the undisturbed run.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { random, unet } from '../model/networks.js';
import { type Killed, killOnce, runOnce } from '../strip/kills.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    width: { type: 'string', default: '2000' },
    height: { type: 'string', default: '5000' },
  },
});
const home = mkdtempSync(join(tmpdir(), 'segtile-kills-'));
const [width, height] = [Number(values.width), Number(values.height)];
const data = Buffer.alloc(3 * width * height);
const speckle = random(7);
for (let i = 0; i < data.length; i++) data[i] = Math.floor(256 * speckle());
const slide = join(home, 'slide.tif');
await sharp(data, { raw: { width, height, channels: 3 } })
  .tiff({ compression: 'deflate', tile: true, tileWidth: 256, tileHeight: 256, pyramid: true, xres: 2000, yres: 2000 })
  .toFile(slide);
const model = join(home, 'model.onnx');
writeFileSync(model, unet(0.3));
const args = (output: string): string[] => [
  ...['infer', slide, '-m', model, '--window', '256', '--overlap', '50%', '--no-history', '--quiet', '-o', output],
  ...['--probabilities', 'uint8', '--objects', 'geojson,csv', '--report-disagreement', '--min-object', '20px', '--report'],
];

/** What a run left, without what no two runs share. */
function left(output: string): string {
  const names = readdirSync(output)
    .filter((name) => name !== 'summary.csv')
    .sort();
  const hashes = names.map((name) => {
    if (/\.(html|run\.json)$/.test(name)) return name;
    return `${name} ${createHash('sha256')
      .update(readFileSync(join(output, name)))
      .digest('hex')}`;
  });
  return hashes.join('\n');
}

const whole = await runOnce(args, join(home, 'whole'));
const wanted = left(join(home, 'whole'));
console.log(`undisturbed: ${whole.toFixed(1)} s`);
const next = random(Number(values.seed));
const more: number[] = [];
let bad = 0;
for (let i = 0; i < Number(values.count); i++) {
  const after = Math.round(next() * whole * 1050);
  const cut = i % 4 === 3 ? (size: number): number => Math.floor(next() * size) : undefined;
  const killed: Killed = await killOnce(args, after, { ...(cut && { cut }) });
  const same = left(killed.output) === wanted;
  if (!same) bad++;
  if (!killed.late && !cut) more.push(killed.seconds - whole);
  console.log(
    `${i + 1}: killed after ${after} ms, ${killed.seconds.toFixed(1)} s in all${same ? '' : `, NOT THE SAME: ${killed.output}`}`,
  );
  if (same) rmSync(join(killed.output, '..'), { recursive: true });
}
const mean = more.reduce((a, b) => a + b, 0) / Math.max(1, more.length);
console.log(`${values.count} kills, ${bad} bad; done twice on average ${mean.toFixed(1)} s of ${whole.toFixed(1)} s`);
rmSync(home, { recursive: true });
process.exitCode = bad > 0 ? 1 : 0;
