// Measures what strips cost: the command as it is, and without them, one after the other: `npm run bench:strips`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unet } from '../../model/networks.ts';
import { type Command, segtileInfer } from '../measuring/command.ts';
import { machine, median } from '../measuring/figures.ts';
import { tissueTexture, writeSlide } from '../pictures/slides.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '4096' },
    rounds: { type: 'string', default: '7' },
    workers: { type: 'string', default: String(availableParallelism()) },
    gflop: { type: 'string', default: '2.06' },
    objects: { type: 'boolean', default: false },
  },
});
const size = Number(values.size);
const hooks = (query = ''): string[] => ['--import', new URL(`without-strips.js${query}`, import.meta.url).href];
const folder = mkdtempSync(join(tmpdir(), 'segtile-strips-'));
try {
  const [slide, model] = [join(folder, 'slide.tif'), join(folder, 'unet.onnx')];
  writeFileSync(model, unet(Number(values.gflop), { seed: 7 }));
  await writeSlide(slide, tissueTexture(), { width: size, height: size });
  const options = ['--model', model, '--window', '512', '--activation', 'sigmoid', '--workers', values.workers];
  if (values.objects) options.push('--objects', 'csv');
  console.log(
    `${size} × ${size} px, ${values.gflop} GFLOP a window of 512 px, ${values.objects ? 'labels and scores' : 'labels'} kept`,
  );
  console.log(machine());
  const once = (query?: string) => segtileInfer(slide, join(folder, 'out'), options, hooks(query));
  await once('?kept');
  const rounds: { readonly withStrips: Command; readonly bare: Command }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    // Each takes turns in being the first, as a machine's speed drifts.
    const first = round % 2 === 0 ? await once('?kept') : await once();
    const second = round % 2 === 0 ? await once() : await once('?kept');
    const own = round % 2 === 0 ? { withStrips: first, bare: second } : { withStrips: second, bare: first };
    rounds.push(own);
    const told = ({ wallSeconds, cpuSeconds }: Command): string =>
      `${wallSeconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of CPU)`;
    console.log(`${round + 1}: with strips ${told(own.withStrips)}, without ${told(own.bare)}`);
  }
  const price = (of: 'wallSeconds' | 'cpuSeconds'): string => {
    const [a, b] = [median(rounds.map(({ withStrips }) => withStrips[of])), median(rounds.map(({ bare }) => bare[of]))];
    return `${(100 * (a / b - 1)).toFixed(2)} % (${a.toFixed(2)} and ${b.toFixed(2)} s)`;
  };
  console.log(`medians of ${rounds.length}: strips cost ${price('wallSeconds')} of time, ${price('cpuSeconds')} of CPU time`);
} finally {
  rmSync(folder, { recursive: true });
}
