import { writeWhole } from '../../io/partial-file.js';
import { flatten } from '../../plan/flatten.js';
import { classChart, portionChart, qualityChart } from '../../report/charts.js';
import { type FactGroup, type Report, type ReportTable, reportPage, type Section } from '../../report/page.js';
import { shellWord } from '../../terminal/shell-word.js';
import type { TruthConfig } from '../../truth/config.js';
import { differingPictures, errorLegend } from '../evaluate/regions.js';
import type { VariantResult } from './compare-slides.js';
import type { ComparisonRecord } from './results.js';

/** What a report contains besides the results. */
export interface CompareWords {
  readonly command: readonly string[];
  /** The folder of the comparison, as it was given. */
  readonly output: string;
  readonly record: ComparisonRecord;
  /** Maps names, values and colours of the truth to classes. */
  readonly config: TruthConfig | undefined;
  /** The number of regions to show per slide. */
  readonly regions: number;
}

/**
 * Writes the report of a comparison as one HTML file.
 *
 * @param results at least one, all for the same slides
 * @throws {SegtileError} `output` if the file cannot be written
 */
export async function writeCompareReport(
  path: string,
  results: readonly VariantResult[],
  words: CompareWords,
  signal: AbortSignal,
): Promise<void> {
  const page = reportPage(await compareReport(results, words, signal));
  await writeWhole(path, (file) => file.append(new TextEncoder().encode(page)));
}

async function compareReport(
  results: readonly VariantResult[],
  { command, output, record: { recommendation, variants }, config, regions }: CompareWords,
  signal: AbortSignal,
): Promise<Report> {
  const [first] = results;
  const front = variants.map((variant) => variant.front);
  const slides = first!.runs.map(({ record }) => fileOf(record.slide.path));
  const { model, versions } = first!.runs[0]!.record;
  return {
    title: `Ways to segment ${slides.length === 1 ? slides[0] : `${slides.length} slides`}`,
    subtitle: `${results.length} variants with ${model.name}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    lead: recommendation,
    sections: [
      {
        kind: 'table',
        title: 'Variants',
        note: 'Dice, IoU and boundary F are means over the classes, of the pixels of all slides together. Marked “front” is what no other variant beats in both Dice and time (the Pareto front): the choice is among these. Each variant ran in a process of its own; seconds are means over slides, memory is the most of all.',
        table: variantTable(results, front),
      },
      { kind: 'charts', title: 'Quality and time', charts: charts(results, front) },
      ...(await regionSection(results, config, regions, signal)),
    ],
    facts: [
      {
        title: 'Run',
        facts: [
          ['command', ['segtile', ...command].join(' ')],
          ['slides', slides.join(', ')],
          ['look at them', `segtile view ${shellWord(output)}`],
        ],
      },
      ...results.map(settingsOf),
      { title: 'Model', facts: cells({ ...model, classes: model.classes.map(({ name }) => name) }) },
      { title: 'Versions', facts: cells(versions) },
    ],
  };
}

function variantTable(results: readonly VariantResult[], front: readonly boolean[]): ReportTable {
  const names = results[0]!.evaluation.classes.map(({ name }) => name);
  const scores = results.map(({ evaluation: { pooled } }) => [
    ...pooled.classes.map(({ dice }) => dice),
    pooled.macro.dice,
    pooled.macro.iou,
    pooled.boundaryF,
    pooled.objectF1,
  ]);
  const best = scores[0]!.map((_, column) => Math.max(...scores.map((row) => row[column]!)));
  const figures = [
    ...names.map((name) => `Dice ${name}`),
    'Dice',
    'IoU',
    'boundary F',
    'object F1',
    'windows run',
    'skipped',
    's',
    'MPix/s',
    'MB',
  ];
  return {
    caption: 'Every variant: how good it is, and what it costs',
    columns: [{ name: 'variant', kind: 'words' }, ...figures.map((name) => ({ name, kind: 'figures' as const }))],
    rows: results.map(({ variant, windows, seconds, megapixelsPerSecond, peakRssBytes }, i) => ({
      ...(front[i] && { mark: 'front' }),
      cells: [
        { text: variant.name },
        ...scores[i]!.map((value, column) => ({ text: value.toFixed(3), value, best: value === best[column] })),
        { text: String(Math.round(windows.run)), value: windows.run },
        { text: String(Math.round(windows.skipped)), value: windows.skipped },
        { text: seconds.toFixed(1), value: seconds },
        { text: megapixelsPerSecond.toFixed(1), value: megapixelsPerSecond },
        { text: String(Math.round(peakRssBytes / 1e6)), value: peakRssBytes / 1e6 },
      ],
    })),
  };
}

function charts(results: readonly VariantResult[], front: readonly boolean[]) {
  const points = results.map(({ variant, seconds, evaluation }, i) => ({
    name: variant.name,
    seconds,
    quality: evaluation.pooled.macro.dice,
    front: front[i]!,
  }));
  const classes = results.flatMap(({ variant, evaluation }) =>
    evaluation.pooled.classes.map(({ name, dice }) => ({ name: variant.name, className: name, value: dice })),
  );
  const stages = results.flatMap(({ variant, runs }) => {
    const names = Object.keys(runs[0]!.record.seconds).filter((stage) => stage !== 'total');
    const mean = (stage: string): number =>
      runs.reduce((sum, { record }) => sum + (record.seconds[stage] ?? 0), 0) / runs.length;
    return names.map((stage) => ({ name: variant.name, part: stage, value: mean(stage) }));
  });
  return [qualityChart(points, 'mean Dice'), classChart(classes, 'Dice'), portionChart(stages, 'Seconds by stage', 's')];
}

async function regionSection(
  results: readonly VariantResult[],
  config: TruthConfig | undefined,
  count: number,
  signal: AbortSignal,
): Promise<Section[]> {
  if (count === 0 || results.length < 2) return [];
  const groups = [];
  for (const [i, { record }] of results[0]!.runs.entries()) {
    const masks = results.map(({ variant, runs }) => ({ name: variant.name, scores: runs[i]!.scores }));
    groups.push(...(await differingPictures(record.slide, masks, config, count, signal)));
  }
  return [
    {
      kind: 'pictures',
      title: 'Where they differ most',
      note: 'Regions in which the best and the worst variant are furthest apart. Zoom with the wheel, + and −; what is zoomed in one picture is zoomed in all of its region.',
      groups,
      legend: errorLegend,
    },
  ];
}

function settingsOf({ variant, runs }: VariantResult): FactGroup {
  return { title: variant.name, facts: cells(runs[0]!.record.settings) };
}

function cells(data: object): [string, string][] {
  return Object.entries(flatten(data)).map(([name, value]) => [name, value === null ? 'none' : String(value)]);
}

function fileOf(path: string): string {
  return path.replace(/^.*[\\/]/, '');
}
