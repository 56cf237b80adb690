// What `--tissue auto` costs beside `--tissue otsu`, in ms of a view of 2,048 × 1,536 px, and how much glass it lets run:
// `npm run bench:tissue`. Views are drawn, of both stains; glass is a window of 32 px of the view (1,024 px of a slide that
// is 65,536 px wide) without any tissue and without pen. What lies within the 4 px by which the mask grows is counted
// as run, too.
import { parseArgs } from 'node:util';
import { tissueMask } from '../../dist/pipeline/tissue/tissue.js';
import type { Slide } from '../../dist/slide/slide.js';
import { drawnView, glassWindows } from '../plan/tissue/drawn-view.ts';
import { machine, median, table } from './measuring/figures.ts';

const { values } = parseArgs({
  options: {
    slides: { type: 'string', default: '20' },
    mpp: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '9' },
  },
});
const size = { width: 2048, height: 1536 };
// Of a slide only samples of more than 8 bits are looked at again.
const slide = {} as Slide;
const signal = new AbortController().signal;
const find = (kind: 'auto' | 'otsu', view: ReturnType<typeof drawnView>['view']) => tissueMask({ kind }, slide, view, signal);

console.log(machine());
const [rows, took]: [string[][], { auto: number[]; otsu: number[] }] = [[], { auto: [], otsu: [] }];
const sums = { he: { glass: 0, run: 0 }, pas: { glass: 0, run: 0 } };
for (let seed = 1; seed <= Number(values.slides); seed++) {
  const stain = seed % 2 === 0 ? 'he' : 'pas';
  const drawn = drawnView(size, seed, stain, Number(values.mpp));
  for (let round = 0; seed === 1 && round <= Number(values.rounds); round++) {
    for (const kind of ['otsu', 'auto'] as const) {
      const began = performance.now();
      await find(kind, drawn.view);
      if (round > 0) took[kind].push(performance.now() - began);
    }
  }
  const { glass, run } = glassWindows(drawn, (await find('auto', drawn.view)).mask, 32);
  sums[stain].glass += glass;
  sums[stain].run += run;
  rows.push([`${stain}, seed ${seed}`, `${glass}`, `${run}`, `${((100 * run) / glass).toFixed(1)} %`]);
  console.log(rows.at(-1)!.join(' | '));
}
for (const [stain, { glass, run }] of Object.entries(sums))
  rows.push([`all ${stain}`, `${glass}`, `${run}`, `${((100 * run) / glass).toFixed(1)} %`]);
console.log(table(['view', 'windows of glass', 'run', 'share'], rows));
const [auto, otsu] = [median(took.auto), median(took.otsu)];
console.log(`otsu ${otsu.toFixed(0)} ms, auto ${auto.toFixed(0)} ms: ${(auto - otsu).toFixed(0)} ms more`);
