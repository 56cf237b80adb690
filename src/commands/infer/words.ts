import { type Holder, holderText } from '../../io/claim.js';
import { shownPath } from '../../io/location.js';
import type { Ensemble, Member } from '../../model/card/ensemble.js';
import type { Gated } from '../../pipeline/gate/gated.js';
import type { DryRun } from '../../pipeline/infer/slide-outcome.js';
import type { MemoryForecast } from '../../pipeline/memory/foretell-run.js';
import { allowanceText, inBytes, largestPart } from '../../pipeline/memory/words.js';
import type { RunFiles } from '../../pipeline/outputs/files.js';
import { passesOf, type WindowCounts, windowCounts } from '../../pipeline/prepare/models/passes.js';
import { muchText, planCost, planWarnings } from '../../pipeline/prepare/plan-cost.js';
import type { SlidePlan } from '../../pipeline/prepare/plan-slide.js';
import type { RunRecord } from '../../pipeline/records/record.js';
import type { ShardFacts } from '../../pipeline/resume/shards.js';
import type { TissueFacts } from '../../pipeline/tissue/found-tissue.js';
import type { RegionFacts } from '../../pipeline/tissue/region.js';
import type { ForetoldMemory } from '../../plan/memory/foretell.js';
import type { Grid } from '../../plan/windows/grid.js';
import type { Geometry } from '../../plan/windows/scale.js';
import type { Slide } from '../../slide/slide.js';
import { bytes, count, duration, figure, pairs, percent } from '../../terminal/format.js';
import type { Style } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { Size } from '../../types.js';
import { runObjectsText } from '../objects/words.js';
import { writtenText } from '../running/written.js';
import { cleanedText } from '../threshold/words.js';
import { gateLines, regionLines, tissueLines } from '../tissue-words.js';

/** `512 px`, or `512 × 384 px`. */
function sides({ width, height }: Size): string {
  return width === height ? `${count(width)} px` : `${count(width)} × ${count(height)} px`;
}

/** Micrometres per pixel and where they came from. */
export function mppText({ mpp }: Slide): string {
  if (!mpp) return 'µm/px unknown';
  return `${mpp.x === mpp.y ? figure(mpp.x) : `${figure(mpp.x)} × ${figure(mpp.y)}`} µm/px (${mpp.source})`;
}

/** A note below the line of a slide, such as how its file is read if there is more than one way. */
export function noteLine(note: string): string {
  return `  note: ${oneLine(note)}`;
}

/** A warning below the line of a slide, about something that looks wrong. */
export function warningLine(warning: string, style: Style): string {
  return style.warn(`  warning: ${oneLine(warning)}`);
}

/** Names the models and their classes, and says what was assumed about them. */
export function modelText({ members, classes }: Ensemble): string {
  const [{ model: first }, ...others] = members as readonly [Member, ...Member[]];
  const shown = ({ model, weight }: Member): string => (weight === 1 ? model.name : `${model.name} (weight ${weight})`);
  const who = others.length === 0 ? `model ${first.name} finds` : `models ${members.map(shown).join(', ')} together find`;
  const notes = members.flatMap(({ model }) =>
    model.notes.map((note) => (others.length === 0 ? note : `${model.name}: ${note}`)),
  );
  return `${[`${who} ${classes.map((each) => each.name).join(', ')}`, ...notes].join('; ')}\n`;
}

/** The expected peak of memory. */
function memoryText(memory: MemoryForecast): string {
  if ('unknown' in memory) return `memory cannot be predicted: ${oneLine(memory.unknown)}`;
  const columns =
    memory.columns === undefined ? '' : `; the slide is done in ${memory.columns.length} columns, one after the other`;
  const allowed = memory.allowed === undefined ? '' : `; ${allowanceText(memory.allowed)}`;
  return `expected to take ${inBytes(memory.foretold.total)} of memory at most, ${largestPart(memory)}${allowed}${columns}`;
}

/**
 * Describes a slide and the windows that will run on it.
 *
 * @param perWindow how often models run for each window of each grid
 */
export function slidePlanText(plan: SlidePlan, perWindow: readonly number[], memory: MemoryForecast, style: Style): string {
  const { slide, view, channels, notes, grid, others } = plan;
  const { planned, run: keptCount, fixed } = windowCounts(plan);
  const passes = passesOf(plan, perWindow);
  const rescaled = view.downsample === 1 ? '' : `, worked on at ${count(view.width)} × ${count(view.height)} px`;
  const denied = (plan.gated?.gates ?? []).reduce((sum, each) => sum + each.denied, 0);
  const skipped = planned - keptCount - denied;
  const laid = (each: Grid): string => `window ${sides(each.window)}, stride ${sides(each.stride)}, margin ${each.margin} px`;
  const cost =
    `${count(planned)} window${planned === 1 ? '' : 's'}${skipped === 0 ? '' : `, ${count(skipped)} skipped as ${plan.region ? 'outside the region or ' : ''}without tissue`}${denied === 0 ? '' : `, ${count(denied)} denied by ${plan.gated!.gates.length === 1 ? 'the gate' : 'the gates'}`}, ` +
    `${count(keptCount)} to run${fixed === undefined ? '' : ` where a fixed grid takes ${count(fixed)}`}${grid.cut ? ', cut to tissue' : ''}${passes === keptCount ? '' : `, ${count(passes)} passes through a model`}`;
  const lines = [
    `${style.strong(slide.path)}: ${slide.format}, ${count(slide.width)} × ${count(slide.height)} px, ${mppText(slide)}${rescaled}`,
    ...(channels === undefined ? [] : [`  channels ${channels.join(', ')}`]),
    ...tissueLines(plan.facts),
    ...regionLines(plan.region?.facts),
    ...gateLines(plan.gated),
    ...notes.map(noteLine),
    ...(others.length === 0
      ? [`  ${laid(grid)}: ${cost}`]
      : [...[grid, ...others.map((other) => other.grid)].map((each) => `  ${laid(each)}`), `  in all ${cost}`]),
    `  ${memoryText(memory)}`,
    ...planWarnings(plan, perWindow).map((warning) => warningLine(warning, style)),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * A plan and its cost, for programs. Lengths are in working pixels, those of `mask` in pixels of the mask, those of
 * `slide` in pixels of level 0.
 */
export interface DryRunFacts {
  readonly slide: Size & { readonly path: string; readonly mpp: Slide['mpp'] | null; readonly notes: readonly string[] };
  readonly working: Size & { readonly downsample: number };
  readonly window: Size;
  readonly stride: Size;
  readonly margin: number;
  /** Windows of all grids. There are more passes than windows if windows are turned or there are several models. */
  readonly windows: WindowCounts & { readonly passes: number };
  /** The grids of further scales and models. */
  readonly otherGrids: readonly Geometry[];
  /** How tissue was found. */
  readonly tissue: TissueFacts;
  readonly region: RegionFacts | null;
  readonly gates: Gated['gates'];
  readonly vetoes: Gated['vetoes'];
  /** Pixels that pass through the models, in millions. */
  readonly megapixels: number;
  /** A warning if that is far more than a slide of this size needs, else null. */
  readonly warning: string | null;
  readonly mask: Size;
  /** The expected peak of memory in bytes, by part and in total; null if it cannot be predicted. */
  readonly memory: ForetoldMemory | null;
  readonly picture?: string;
  readonly shard?: NonNullable<DryRun['shard']>;
}

/** A plan, its cost and the size of its mask, for programs. */
export function dryRunFacts({ plan, passes: perWindow, mask, memory, picture, shard }: DryRun): DryRunFacts {
  const { slide, view, grid, others } = plan;
  return {
    slide: {
      path: slide.path,
      width: slide.width,
      height: slide.height,
      mpp: slide.mpp ?? null,
      notes: [...plan.notes, ...plan.warnings],
    },
    working: { width: view.width, height: view.height, downsample: view.downsample },
    window: grid.window,
    stride: grid.stride,
    margin: grid.margin,
    windows: { ...windowCounts(plan), passes: passesOf(plan, perWindow) },
    otherGrids: others.map(({ grid: { window, stride, margin } }) => ({ window, stride, margin })),
    tissue: plan.facts,
    region: plan.region?.facts ?? null,
    gates: plan.gated?.gates ?? [],
    vetoes: plan.gated?.vetoes ?? [],
    megapixels: planCost(plan, perWindow).megapixels,
    warning: muchText(windowCounts(plan).run, planCost(plan, perWindow).times),
    mask: { width: mask.width, height: mask.height },
    memory: 'unknown' in memory ? null : memory.foretold,
    ...(picture !== undefined && { picture }),
    ...(shard && { shard }),
  };
}

/** A plan, its cost and the size of its mask, for people. */
export function dryRunText({ plan, passes: perWindow, mask, memory, picture, shard }: DryRun, style: Style): string {
  const { megapixels, times } = planCost(plan, perWindow);
  return `${slidePlanText(plan, perWindow, memory, style)}${pairs([
    ['cost', `${figure(megapixels)} megapixels through the model, ${figure(times)} times the area of the slide`],
    ['mask', `${count(mask.width)} × ${count(mask.height)} px`],
    ...(shard === undefined ? [] : [['shard', shardPlanText(shard)] as const]),
    ...(picture === undefined ? [] : [['picture', style.good(picture)] as const]),
  ])}\n  nothing was run${picture === undefined ? ', nothing was written' : ''}\n`;
}

/** What a shard covers, and the cost of all shards together. */
function shardPlanText({ index, count: of, cost, ...reach }: NonNullable<DryRun['shard']>): string {
  const own = `${index} of ${of}, ${reachText(reach)}, ${count(cost.windows[index - 1]!)} windows`;
  return `${own}; all shards together run ${figure(cost.times)} times the windows of one run`;
}

/** What the differences between overlapping windows say about the network and the margin, as rows of a table. */
function disagreementText({ disagreement, settings }: RunRecord): [string, string][] {
  if (disagreement === null) return [];
  const { kind, mean, margin, map } = disagreement;
  const average = `overlapping windows differ by ${figure(mean)} in probability on average`;
  const words = {
    unknown: 'no windows overlap, so nothing is known; use a smaller --stride',
    agree: `${average}: no margin is needed`,
    border: `${average}, only within ${margin} px of their borders: a margin of ${margin} px is enough (it was ${settings.margin} px)`,
    everywhere: `${average}, also far from their borders: no margin helps. The network sees farther than windows overlap, or normalises by its window (InstanceNorm): use larger windows or a smaller stride`,
  };
  return [
    ['seams', words[kind]],
    ['', map],
  ];
}

/** How many of the skipped windows a gate denied. */
function deniedText({ gates }: RunRecord): string {
  if (gates === null) return '';
  const denied = gates.reduce((sum, each) => sum + each.denied, 0);
  const judged = gates[0]!.judged;
  return `, ${count(denied)} of them by ${gates.length === 1 ? 'the gate' : 'the gates'}: ${percent(judged === 0 ? 0 : denied / judged)} of the windows were saved`;
}

/** What the sample shows that was also run the dense way, as rows of a table. */
function proofText({ proof }: RunRecord, style: Style): [string, string][] {
  if (proof === null) return [];
  const { squares, windows, pixels, labelsDiffer, largest, mean, warning } = proof;
  if (pixels === 0) return [['proof', 'nothing was run, so there is nothing to compare']];
  const places = `${count(squares)} place${squares === 1 ? '' : 's'}`;
  const probabilities =
    largest === 0 ? 'no probability' : `probabilities by ${figure(mean)} on average, ${figure(largest)} at most`;
  return [
    [
      'proof',
      `${count(windows)} windows that overlap by half, in ${places}: ${count(labelsDiffer)} of ${count(pixels)} labels differ, ${probabilities}`,
    ],
    ...(warning === null ? [] : [['', style.warn(`warning: ${warning}`)] as [string, string]]),
  ];
}

/** The result of a run and the files that it wrote, for people. */
export function runText(record: RunRecord, files: RunFiles, style: Style): string {
  const { windows, coverage, classShares, cleaned, seconds, peakRssBytes, device } = record;
  const whole = record.settings.region === null ? 'the slide' : 'the region';
  const shares = classShares.map(({ name, share }) => `${name} ${percent(share)}`).join(', ');
  return `${pairs([
    [
      'windows',
      `${count(windows.run)} run${windows.passes === windows.run ? '' : ` in ${count(windows.passes)} passes`} on ${device.name}, ${count(windows.skipped)} skipped${deniedText(record)}${windows.nan > 0 ? `, ${count(windows.nan)} not covered: the model answered with NaN` : ''}`,
    ],
    ['covered', `${percent(coverage)} of ${whole}`],
    ['found', `${shares} of ${whole}`],
    ...cleanedText(cleaned),
    ...disagreementText(record),
    ...proofText(record, style),
    ['took', `${duration(seconds.total ?? 0)}, at most ${bytes(peakRssBytes)} of memory${limitText(record)}`],
    ...writtenText(record, files, style),
  ])}\n${runObjectsText(record.objects)}`;
}

/** Runs that are shorter than this, in seconds, are mostly start. */
const WORTH = 20;

/** What held up a run if that is not the network, of which nobody is surprised. */
function limitText({ limits: { shares, by, setting }, seconds }: RunRecord): string {
  if (by === null || by === 'network' || (seconds.total ?? 0) < WORTH) return '';
  return `; ${by} held it up (${percent(shares[by])} of the time): ${setting} would help`;
}

/** Says that a slide already had a result of the same run, which was kept. */
export function keptText({ slide }: RunRecord, files: RunFiles, style: Style): string {
  return `${style.strong(slide.path)}: kept, since it was done before with the same settings: ${style.good(files.record)}\n`;
}

/** Says that another process is working on a slide. */
export function elsewhereText(slide: string, holder: Holder, style: Style): string {
  return `${style.strong(shownPath(slide))}: in progress elsewhere, by ${holderText(holder)}\n`;
}

/** The rows and columns of a shard. */
function reachText({ rows, columns }: Pick<ShardFacts, 'rows' | 'columns'>): string {
  return `rows ${count(rows.from)} to ${count(rows.to)}, columns ${count(columns.from)} to ${count(columns.to)}`;
}

/** A shard, for programs. */
export function shardFacts({ shard, path, slide, rows, columns }: ShardFacts, status: 'done' | 'kept'): object {
  return { status, slide: { path: shownPath(slide) }, shard: { ...shard, path, rows, columns } };
}

/** Says that a shard was done, or had been done before and was kept. */
export function shardText({ shard, path, slide, ...reach }: ShardFacts, status: 'done' | 'kept', style: Style): string {
  const which = `shard ${shard.index} of ${shard.count}, ${reachText(reach)}`;
  return `${style.strong(shownPath(slide))}: ${status}, ${which}, ${style.good(path)}\n`;
}
