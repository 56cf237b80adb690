import type { Augmentation } from '../../augment/steps.js';
import type { CopyTotals } from '../../dataset/totals.js';
import { copyCount } from '../../pipeline/dataset/augment-tiles.js';
import type { DatasetRecord, SlideFacts } from '../../pipeline/dataset/record.js';
import type { SharedPatients, SlideTiles } from '../../pipeline/dataset/split.js';
import type { Survey } from '../../pipeline/dataset/survey-slide.js';
import { muchText } from '../../pipeline/prepare/plan-cost.js';
import type { SamplerReport } from '../../plan/sampling/sampling.js';
import { count, figure, pairs, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { noteLine, warningLine } from '../infer/words.js';
import { tissueLines } from '../tissue-words.js';

/** The tiles that were drawn from a slide, with one line per sampler. */
export function surveyText({ slide, size, downsample, notes, warnings, tissue, reports }: Survey, style: Style): string {
  const scaled = downsample === 1 ? '' : ` (level 0 shrunk by ${Number(downsample.toFixed(3))})`;
  const head = `${style.strong(slide.path)}: ${count(size.width)} × ${count(size.height)} px${scaled}`;
  return `${[head, ...tissueLines(tissue), ...notes.map(noteLine), ...warnings.map((warning) => warningLine(warning, style)), ...reports.map((report) => `  ${samplerText(report, style)}`)].join('\n')}\n`;
}

function samplerText({ sampler, wanted, tried, accepted, capped, kept, fellBack }: SamplerReport, style: Style): string {
  const of = wanted === 'all' || wanted === kept ? '' : ` of ${count(wanted)} wanted`;
  const rate = accepted === tried ? '' : `, ${percent(accepted / tried)} of ${count(tried)} looked at were accepted`;
  const left = capped === 0 ? '' : `, ${count(capped)} left out by --max-per-class`;
  const note = fellBack ? style.warn(`; ${sampler} finds nothing here, so windows are random`) : '';
  return `${sampler}: ${count(kept)} tile${kept === 1 ? '' : 's'}${of}${rate}${left}${note}`;
}

/** The most shared patients that are named. */
const PATIENTS_TOLD = 5;

/** A warning that several parts of a dataset have tiles of the same patients. */
export function sharedText({ patients, shared }: SharedPatients, style: Style): string {
  const named = shared.slice(0, PATIENTS_TOLD).join(', ') + (shared.length > PATIENTS_TOLD ? ', …' : '');
  const what = `${count(shared.length)} of ${count(patients)} patients have tiles in several parts or folds (${named}), so scores will look better than they are; --split-by patient keeps each in one`;
  return `${style.warn(`segtile: warning: ${what}`)}\n`;
}

/** The plan of a dataset, for people. */
export function datasetPlanText(slides: readonly SlideTiles[], augmentation: Augmentation | undefined, style: Style): string {
  const tiles = slides.flatMap((slide) => slide.tiles);
  const guarded = slides.reduce((sum, slide) => sum + slide.guarded, 0);
  const megapixels =
    slides.reduce((sum, { survey, tiles: own }) => sum + own.length * survey.window.width * survey.window.height, 0) / 1e6;
  const copies = copyCount(tiles, augmentation);
  const byPart = new Map<string, number>();
  for (const { split, fold } of tiles) {
    const name = fold === undefined ? split : `${split}, fold ${fold}`;
    byPart.set(name, (byPart.get(name) ?? 0) + 1);
  }
  const parts = [...byPart].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => [name, `${count(n)} tiles`] as const);
  const much = slides.flatMap((slide) => {
    const text = muchOf(slide);
    return text === null ? [] : [style.warn(`  warning: ${slide.survey.slide.path}: ${text}\n`)];
  });
  return `${pairs([
    ['tiles', `${style.strong(count(tiles.length))}, ${figure(megapixels)} megapixels`],
    ...parts,
    ...(copies === 0 ? [] : [['copies', `${count(copies)}, as --augment asks`] as const]),
    ...(guarded === 0 ? [] : [['left out', `${count(guarded)} windows at the borders of regions`] as const]),
  ])}\n${much.join('')}`;
}

function muchOf({ survey: { window, full }, tiles }: SlideTiles): string | null {
  return muchText(tiles.length, (tiles.length * window.width * window.height) / (full.width * full.height));
}

/** The plan of a dataset, for programs: one object per slide. */
export function planFacts(slides: readonly SlideTiles[], augmentation: Augmentation | undefined): object[] {
  return slides.map((slide) => factsOf(slide, augmentation));
}

function factsOf(slide: SlideTiles, augmentation: Augmentation | undefined): object {
  const { survey, tiles, guarded } = slide;
  return {
    slide: { path: survey.slide.path, ...survey.full, notes: [...survey.notes, ...survey.warnings] },
    working: { ...survey.size, downsample: survey.downsample },
    window: survey.window,
    tissue: survey.tissue,
    samplers: survey.reports,
    tiles: tiles.length,
    copies: copyCount(tiles, augmentation),
    guarded,
    warning: muchOf(slide),
  };
}

/** The part for training. If it exists, means and frequencies are given for it instead of for all tiles. */
const TRAINED = 'train';

/** The finished dataset, for people. If there are several parts, means and frequencies are those of the part for training. */
export function datasetText(
  root: string,
  { tiles, augmentation, slides, statistics, failures }: DatasetRecord,
  style: Style,
): string {
  const parts = Object.entries(statistics).filter(([name]) => name !== 'all');
  const trained = parts.length > 1 ? statistics[TRAINED] : undefined;
  const { classes: areas, mean, std } = trained ?? statistics.all!;
  const classes = areas.map(({ name, frequency }) => `${name} ${percent(frequency)}`).join(', ');
  const whose = trained ? ` (${TRAINED})` : '';
  return `${pairs([
    ['tiles', `${count(tiles)} from ${count(slides.length)} slide${slides.length === 1 ? '' : 's'}`],
    ...(augmentation ? [['copies', copiesText(augmentation.made)] as const] : []),
    ...(parts.length > 1 ? [['split', parts.map(([name, part]) => `${name} ${count(part.tiles)}`).join(', ')] as const] : []),
    ['pixels', `${classes}${whose}`],
    [
      'mean',
      `${mean.map((value) => value.toFixed(3)).join(', ')}, std ${std.map((value) => value.toFixed(3)).join(', ')}${whose}`,
    ],
    ...(failures.length > 0 ? [['failed', style.bad(failures.map(({ slide }) => slide).join(', '))] as const] : []),
    ['dataset', style.good(root)],
  ])}\n`;
}

function copiesText({ copies, steps }: CopyTotals): string {
  const kinds = Object.entries(steps).map(([kind, n]) => `${kind} ${count(n)}`);
  return `${count(copies)}: ${kinds.join(', ')}`;
}

/** A line about a finished slide, for programs. */
export function slideLine(status: 'done' | 'kept', facts: SlideFacts): string {
  return `${JSON.stringify({ status, slide: facts })}\n`;
}
