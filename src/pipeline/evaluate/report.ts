import { existsSync } from 'node:fs';
import { fileName, isRemote } from '../../io/location.js';
import { type CommitOptions, writeWhole } from '../../io/partial-file.js';
import { classChart, curveChart } from '../../report/charts.js';
import { type Chart, type PictureGroup, type Report, reportPage, type Section } from '../../report/page.js';
import type { TruthConfig } from '../../truth/config.js';
import { versions } from '../records/machine.js';
import type { EvaluateSettings, SlideScores, Tolerance } from './evaluate-mask.js';
import { differingPictures, errorLegend } from './regions.js';
import { slideBeside } from './slide-beside.js';
import {
  countedUnits,
  type Evaluation,
  type MeansFrom,
  meansTitle,
  meanText,
  type SlideMean,
  type SweepResult,
} from './summary.js';
import { classTable, confusionTable, meansTable, slideTable, thresholdTable } from './tables.js';

/** What a report shows besides the figures. */
export interface EvaluateWords {
  readonly command: readonly string[];
  readonly tolerance: Tolerance;
  /** The config by which masks were scored. */
  readonly config: TruthConfig | undefined;
  /** How probabilities became the labels that were compared. */
  readonly rule: EvaluateSettings['rule'];
  /** Called with notes on how the file of a slide that the report shows is read. */
  readonly noted: (slide: string, notes: readonly string[]) => void;
}

/** The most regions shown for each slide, and the most slides with regions. */
const REGIONS = 4;
const MOST_SLIDES = 8;

/**
 * Writes the report of an evaluation as one HTML file.
 *
 * @param all the scores of all slides of the evaluation, in its order
 * @throws {SegtileError} `output` if the file cannot be written
 */
export async function writeEvaluateReport(
  path: string,
  evaluation: Evaluation,
  all: readonly SlideScores[],
  words: EvaluateWords,
  signal: AbortSignal,
  placement?: CommitOptions,
): Promise<void> {
  const page = reportPage(await evaluateReport(evaluation, all, words, signal));
  await writeWhole(path, (file) => file.append(new TextEncoder().encode(page)), placement);
}

async function evaluateReport(
  evaluation: Evaluation,
  all: readonly SlideScores[],
  words: EvaluateWords,
  signal: AbortSignal,
): Promise<Report> {
  const { command, tolerance } = words;
  const { slides, pooled, perSlide, sweep } = evaluation;
  const what = slides.length === 1 ? fileName(slides[0]!.predicted) : `${slides.length} slides`;
  const worst = pooled.classes.reduce((a, b) => (b.dice < a.dice ? b : a));
  const interval = perSlide ? `; ${overSlides(perSlide.dice, perSlide.from)}` : '';
  const lowest = pooled.classes.length > 1 ? ` It is lowest for ${worst.name}, ${shown(worst.dice)}.` : '';
  const notes: [string, string][] = [];
  const noted = (slide: string, found: readonly string[]): void => {
    const fresh = found.filter((note) => !notes.some(([name, told]) => name === fileName(slide) && told === note));
    notes.push(...fresh.map((note): [string, string] => [fileName(slide), note]));
    if (fresh.length > 0) words.noted(slide, fresh);
  };
  const regions = await regionSections(all, { ...words, noted }, signal);
  return {
    title: `How good is it? ${what}`,
    subtitle: `${what} against ${slides.length === 1 ? fileName(slides[0]!.truth) : 'their truth'}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    lead: `Mean Dice ${shown(pooled.macro.dice)} of the pixels of ${slides.length === 1 ? 'the slide' : 'all slides together'}${interval}.${lowest}`,
    sections: [
      {
        kind: 'table',
        title: 'Classes',
        note: `Of the pixels, borders and objects of all slides together. Borders agree within ${tolerance.value} ${tolerance.unit}; objects where their IoU exceeds 0.5. Background is not a class.`,
        table: classTable(pooled),
      },
      ...(slides.length > 1 ? [{ kind: 'table', title: 'Slides', table: slideTable(evaluation) } satisfies Section] : []),
      ...(perSlide
        ? [{ kind: 'table', title: `M${meansTitle(perSlide.from).slice(1)}`, table: meansTable(perSlide) } satisfies Section]
        : []),
      { kind: 'charts', title: 'Dice by class', charts: [diceChart(evaluation)] },
      ...(pooled.classes.length > 1
        ? [{ kind: 'table', title: 'Which classes are confused', table: confusionTable(evaluation, String) } satisfies Section]
        : []),
      ...(sweep ? sweepSections(sweep) : []),
      ...regions,
    ],
    facts: [
      {
        title: 'Evaluation',
        facts: [
          ['command', ['segtile', ...command].join(' ')],
          ['tolerance of borders', `${tolerance.value} ${tolerance.unit}`],
          ['pixels left out', String(pooled.ignored)],
        ],
      },
      {
        title: 'Files',
        facts: slides.map(({ predicted, truth }): [string, string] => [predicted, truth]),
      },
      ...(notes.length > 0 ? [{ title: 'How slides were read', facts: notes }] : []),
      { title: 'Versions', facts: Object.entries(versions()) },
    ],
  };
}

/** A dot for each slide if there are few; otherwise one row for all together. */
function diceChart({ slides, pooled }: Evaluation): Chart {
  const rows = [
    ...(slides.length > 1 && slides.length <= 30 ? slides : []).map(({ predicted, measured }) => ({
      name: fileName(predicted),
      classes: measured.classes,
    })),
    { name: slides.length > 1 ? 'together' : fileName(slides[0]!.predicted), classes: pooled.classes },
  ];
  return classChart(
    rows.flatMap(({ name, classes }) => classes.map((each) => ({ name, className: each.name, value: each.dice }))),
    'Dice',
  );
}

function sweepSections(sweep: readonly SweepResult[]): Section[] {
  const dice = sweep.map(({ name, curve, threshold, dice: best }) => ({
    name,
    points: curve.map((y, i) => ({ x: i / (curve.length - 1), y })),
    mark: { x: threshold, y: best, text: `best at ${shown(threshold)}` },
  }));
  const calibrated = sweep.map(({ name, calibration }) => ({
    name,
    points: calibration.curve.map(({ predicted, actual }) => ({ x: predicted, y: actual })),
  }));
  return [
    {
      kind: 'table',
      title: 'Thresholds',
      note: 'Each class against all else. On the plateau Dice is at most 0.005 lower. Left out: mean Dice of each slide at the best threshold of the others.',
      table: thresholdTable(sweep),
    },
    {
      kind: 'charts',
      title: 'Threshold and calibration curves',
      charts: [
        curveChart(dice, { title: 'Dice at every threshold', x: 'threshold', y: 'Dice' }),
        curveChart(calibrated, {
          title: 'Calibration: how often pixels of a probability are of the class',
          x: 'probability',
          y: 'share that is of the class',
          diagonal: true,
        }),
      ],
    },
  ];
}

async function regionSections(
  all: readonly SlideScores[],
  { config, rule, noted }: EvaluateWords,
  signal: AbortSignal,
): Promise<Section[]> {
  const groups: PictureGroup[] = [];
  const missing: string[] = [];
  for (const scores of all.slice(0, MOST_SLIDES)) {
    const slide = await slideBeside(scores.predicted);
    if (slide === undefined) missing.push(fileName(scores.predicted));
    else if (!isRemote(slide.path) && !existsSync(slide.path)) missing.push(slide.path);
    else
      groups.push(
        ...(await differingPictures(
          slide,
          [{ name: scores.histograms ? 'the probabilities' : 'the mask', scores, rule }],
          config,
          REGIONS,
          signal,
          (notes) => noted(slide.path, notes),
        )),
      );
  }
  const untold =
    missing.length === 0
      ? ''
      : ` Not shown, since the slide is not where the record beside the mask says, or there is none: ${missing.join(', ')}.`;
  return [
    {
      kind: 'pictures',
      title: 'Where most is wrong',
      note: `Zoom with the wheel, + and −; what is zoomed in one picture is zoomed in all of its region.${untold}`,
      groups,
      legend: errorLegend,
    },
  ];
}

/** A sentence part with the mean over slides and how many slides and patients it covers. */
function overSlides(mean: SlideMean, from: MeansFrom): string {
  const what = mean.low === undefined ? `from ${countedUnits(from)}` : `95 % interval from ${countedUnits(from)}`;
  return `${meanText(mean)} as the mean over slides, ${what}`;
}

function shown(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(3);
}
