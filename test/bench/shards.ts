// Measures what it costs to split the rows of a slide into shards: the number of windows, exactly as planned, and the time
// to merge: `npm run bench:shards`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { channelNetwork } from '../model/networks.ts';
import { segtile } from './measuring/command.ts';
import { machine, table } from './measuring/figures.ts';
import { tissueTexture, writeSlide } from './pictures/slides.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '35000' },
    height: { type: 'string', default: '25000' },
    window: { type: 'string', default: '1024' },
    stride: { type: 'string', default: '512' },
    shards: { type: 'string', default: '4' },
    'plan-only': { type: 'boolean', default: false },
  },
});
const [width, height, shards] = [Number(values.width), Number(values.height), Number(values.shards)];

const program = fileURLToPath(new URL('../../bin/segtile.js', import.meta.url));

/** What a dry run prints about a shard. */
interface Plan {
  readonly windows: { readonly run: number };
  readonly shard: { readonly cost: { readonly windows: readonly number[]; readonly times: number } };
}

const folder = mkdtempSync(join(tmpdir(), 'segtile-shards-'));
try {
  const [slide, model, out] = [join(folder, 'slide.tif'), join(folder, 'green.onnx'), join(folder, 'out')];
  writeFileSync(model, channelNetwork(1));
  await writeSlide(slide, tissueTexture(), { width, height });
  console.log(`${width} × ${height} px, window ${values.window} px, stride ${values.stride} px, one class`);
  console.log(machine());
  const options = ['--model', model, '--activation', 'none', '--window', values.window, '--stride', values.stride];
  const own = ['infer', slide, '-o', out, ...options, '--shard-rows', '--quiet'];

  const dry = execFileSync(process.execPath, [program, ...own, '--shard', `1/${shards}`, '--dry-run', '--json'], {
    encoding: 'utf8',
  });
  const { windows, shard } = JSON.parse(dry) as Plan;
  const sum = shard.cost.windows.reduce((total, each) => total + each, 0);
  console.log(
    `${shards} shards run ${shard.cost.windows.join(' + ')} = ${sum} windows, ${shard.cost.times.toFixed(4)} times the ${windows.run} of one run`,
  );
  const rows: string[][] = [];
  for (let index = 1; index <= shards && !values['plan-only']; index++) {
    const used = await segtile([...own, '--shard', `${index}/${shards}`]);
    rows.push([`shard ${index}`, `${used.wallSeconds.toFixed(1)} s`, `${(used.peakRssBytes / 1e6).toFixed(0)} MB`]);
  }
  if (!values['plan-only']) {
    const merge = await segtile(['merge', out, '--quiet']);
    rows.push(['merge', `${merge.wallSeconds.toFixed(1)} s`, `${(merge.peakRssBytes / 1e6).toFixed(0)} MB`]);
  }
  if (rows.length > 0) console.log(table(['what', 'time', 'peak RSS'], rows));
} finally {
  rmSync(folder, { recursive: true });
}
