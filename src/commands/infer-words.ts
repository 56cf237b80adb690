import type { Pool } from '../model/pool.js';
import type { Model } from '../model/resolve.js';
import type { SlidePlan } from '../pipeline/plan-slide.js';
import type { RunRecord } from '../pipeline/record.js';
import type { RunFiles } from '../pipeline/run-settings.js';
import type { Slide } from '../slide/slide.js';
import { bytes, count, duration, figure, pairs, percent } from '../terminal/format.js';
import type { Style } from '../terminal/style.js';
import type { Size } from '../types.js';
import { cleanedText } from './threshold-words.js';

/** `512 px`, or `512 x 384 px`. */
function sides({ width, height }: Size): string {
  return width === height ? `${count(width)} px` : `${count(width)} x ${count(height)} px`;
}

/** Microns per pixel and where they came from. */
export function mppText({ mpp }: Slide): string {
  if (!mpp) return 'um/px unknown';
  return `${mpp.x === mpp.y ? figure(mpp.x) : `${figure(mpp.x)} x ${figure(mpp.y)}`} um/px (${mpp.source})`;
}

/** Which model is used, and what was assumed about it. */
export function modelText({ name, classes, notes }: Model): string {
  return `${[`model ${name} finds ${classes.map((each) => each.name).join(', ')}`, ...notes].join('; ')}\n`;
}

/** What the model runs on, and what was refused before. */
export function deviceText({ device, workers, batch }: Pool): string {
  const { name, adapter, software, cpuNodes, difference, refused } = device;
  const gpu = adapter === null ? '' : ` (${adapter}${software ? ', software' : ''})`;
  const facts = [
    name === 'cpu' ? `${workers} worker${workers === 1 ? '' : 's'}` : `batches of ${batch()}`,
    ...(cpuNodes.length > 0 ? [`${cpuNodes.length} nodes on the CPU`] : []),
    ...(difference === null ? [] : [`at most ${difference.toExponential(0)} from the CPU`]),
  ];
  const why = refused.map((each) => `not on ${each.reason}`);
  return `${[`runs on ${name}${gpu}, ${facts.join(', ')}`, ...why].join('; ')}\n`;
}

/** What a slide is and which windows of it are run. */
export function planText({ slide, view, channels, grid, selection }: SlidePlan, style: Style): string {
  const { planned, keptCount } = selection;
  const rescaled = view.downsample === 1 ? '' : `, worked on at ${count(view.width)} x ${count(view.height)} px`;
  const skipped = planned - keptCount;
  const lines = [
    `${style.strong(slide.path)}: ${slide.format}, ${count(slide.width)} x ${count(slide.height)} px, ${mppText(slide)}${rescaled}`,
    ...(channels === undefined ? [] : [`  channels ${channels.join(', ')}`]),
    `  window ${sides(grid.window)}, stride ${sides(grid.stride)}, margin ${grid.margin} px: ${count(planned)} window${planned === 1 ? '' : 's'}` +
      `${skipped === 0 ? '' : `, ${count(skipped)} skipped as without tissue`}, ${count(keptCount)} to run`,
  ];
  if (keptCount === 0)
    lines.push(style.warn('  warning: no window holds tissue, so the mask will be empty; --tissue none looks everywhere'));
  return `${lines.join('\n')}\n`;
}

/** A plan and its cost, for programs. Lengths in working pixels, those of the mask in its own. */
export interface DryRunFacts {
  readonly slide: Size & { readonly path: string; readonly mpp: Slide['mpp'] | null };
  readonly working: Size & { readonly downsample: number };
  readonly window: Size;
  readonly stride: Size;
  readonly margin: number;
  readonly windows: { readonly planned: number; readonly skipped: number; readonly run: number };
  /** Pixels that go through the model, in millions. */
  readonly megapixels: number;
  readonly mask: Size;
}

/** What a plan costs and gives. */
export function dryRunFacts({ slide, view, grid, selection }: SlidePlan, mask: Size): DryRunFacts {
  const run = selection.keptCount;
  return {
    slide: { path: slide.path, width: slide.width, height: slide.height, mpp: slide.mpp ?? null },
    working: { width: view.width, height: view.height, downsample: view.downsample },
    window: grid.window,
    stride: grid.stride,
    margin: grid.margin,
    windows: { planned: selection.planned, skipped: selection.planned - run, run },
    megapixels: (run * grid.window.width * grid.window.height) / 1e6,
    mask: { width: mask.width, height: mask.height },
  };
}

/** A plan, its cost and what it gives, for people. */
export function dryRunText(plan: SlidePlan, mask: Size, style: Style): string {
  const { megapixels } = dryRunFacts(plan, mask);
  const times = (megapixels * 1e6) / (plan.view.width * plan.view.height);
  return `${planText(plan, style)}${pairs([
    ['cost', `${figure(megapixels)} megapixels through the model, ${figure(times)} times the area of the slide`],
    ['mask', `${count(mask.width)} x ${count(mask.height)} px`],
  ])}\n  nothing was run, nothing was written\n`;
}

/** What a run did and what it wrote. */
export function runText(record: RunRecord, files: RunFiles, style: Style): string {
  const { windows, coverage, classShares, cleaned, mask, probabilities, preview, seconds, peakRssBytes, device } = record;
  const shares = classShares.map(({ name, share }) => `${name} ${percent(share)}`).join(', ');
  return `${pairs([
    ['windows', `${count(windows.run)} run on ${device.name}, ${count(windows.skipped)} skipped`],
    ['covered', `${percent(coverage)} of the slide`],
    ['found', `${shares} of the slide`],
    ...cleanedText(cleaned),
    ['took', `${duration(seconds.total ?? 0)}, at most ${bytes(peakRssBytes)} of memory`],
    ['mask', `${style.good(mask.path)} (${count(mask.width)} x ${count(mask.height)} px)`],
    ...(probabilities === null ? [] : [['scores', style.good(probabilities.path)] as const]),
    ...(preview === null ? [] : [['preview', style.good(preview)] as const]),
    ...(files.report === undefined ? [] : [['report', style.good(files.report)] as const]),
    ['record', style.good(files.record)],
  ])}\n`;
}
