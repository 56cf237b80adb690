import { IGNORED } from '../../plan/labels/ignored.js';
import { createBoxCount } from '../../plan/labels/label-count.js';
import { createForeground, type Foreground } from '../../plan/sampling/foreground.js';
import {
  choose,
  type Draw,
  type Ground,
  type Proposal,
  propose,
  type SamplerReport,
  type SampleSettings,
} from '../../plan/sampling/sampling.js';
import { tissueMap, tissueShare } from '../../plan/tissue/tissue.js';
import { openSlide } from '../../slide/open.js';
import type { Slide } from '../../slide/slide.js';
import type { SlideOptions } from '../../slide/tiff.js';
import { readOverview } from '../../slide/view/overview.js';
import { type View, type ViewChoice, workingView } from '../../slide/view/view.js';
import { slideName } from '../../truth/match.js';
import { openRegion, type RegionFile, truthWithin } from '../../truth/region.js';
import type { LabelView, Truth } from '../../truth/truth.js';
import type { Band, Box, MaskClass, Mpp, Pixels, Size } from '../../types.js';
import { viewRows } from '../evaluate/paired-rows.js';
import { contrastWarnings, once } from '../prepare/contrast.js';
import type { FoundTissue, TissueFacts } from '../tissue/found-tissue.js';
import { holdsTissue, OVERVIEW_SIDE, type TissueChoice, tissueMask } from '../tissue/tissue.js';

/** A slide to cut tiles from. */
export interface DatasetSlide {
  /** Unique in the dataset; only letters, digits, `-` and `_`. */
  readonly name: string;
  /** The path or URL to open; a URL may contain secrets. */
  readonly source: string;
  /** The names of slide and truth without secrets, for output and records. */
  readonly path: string;
  readonly truthPath: string;
  /** The patient, if known. */
  readonly patient?: string | undefined;
  /** The group that a split keeps together. */
  readonly group: string;
  /** How its tissue is found, if not as for all slides. */
  readonly tissue?: TissueChoice | undefined;
  /** The region of interest: no tile lies outside, and labels outside are ignored. */
  readonly roi?: RegionFile | undefined;
  /** Other options for the slide's file: its micrometres per pixel, channels, range. */
  readonly options?: SlideOptions | undefined;
  /** Opens the truth of the slide. */
  openTruth(slide: Size): Promise<Truth>;
}

/** What decides which windows of a slide become tiles. */
export interface SurveySettings {
  /** The working resolution; level 0 if not given. */
  readonly resolution: ViewChoice | undefined;
  readonly tissue: TissueChoice;
  /** The sampling settings for the classes that the truth has. */
  sample(classes: readonly MaskClass[]): SampleSettings;
}

/** The windows of a slide that become tiles, with what is known about them before any is cut. */
export interface Survey {
  readonly slide: DatasetSlide;
  /** The slide's size in level-0 pixels and the size of the working image. */
  readonly full: Size;
  readonly size: Size;
  /** How many working pixels the slide covers; see `SpanningSize`. */
  readonly spans: Size;
  readonly window: Size;
  readonly downsample: number;
  readonly mpp: Mpp | undefined;
  /** How the slide's file was read if it can be read in more than one way, as sentences for the user. */
  readonly notes: readonly string[];
  /** Sentences on what looks wrong with the slide. */
  readonly warnings: readonly string[];
  readonly tissue: TissueFacts;
  readonly classes: readonly MaskClass[];
  readonly draws: readonly Draw[];
  readonly reports: readonly SamplerReport[];
}

/** The number of cells of {@link createForeground} along a side of a window. More cells are finer but take more memory. */
const CELLS_PER_WINDOW = 8;

/** A slide and its truth, open. */
export interface OpenPair {
  readonly slide: Slide;
  readonly view: View;
  readonly truth: Truth;
  readonly labels: LabelView;
}

/**
 * Opens a slide and its truth, does some work with them, and closes them.
 *
 * @throws {SegtileError} `input` for files that cannot be read or do not belong together, and any error of the work
 */
export async function withPair<T>(
  { source, options, roi, openTruth }: DatasetSlide,
  { resolution }: Pick<SurveySettings, 'resolution'>,
  work: (pair: OpenPair) => Promise<T>,
): Promise<T> {
  const slide = await openSlide(source, options);
  try {
    const view = workingView(slide, resolution ?? { kind: 'level', level: 0 });
    const whole = await openTruth({ width: slide.width, height: slide.height });
    const truth = roi === undefined ? whole : truthWithin(whole, await openRegion(roi, slide, slideName(source)));
    try {
      return await work({
        slide,
        view,
        truth,
        labels: truth.view({ width: view.width, height: view.height, spans: view.spans }),
      });
    } finally {
      await truth.close();
    }
  } finally {
    await slide.close();
  }
}

/**
 * Finds the tissue of a slide and the labels of its truth, and chooses the windows that become tiles. The truth is read
 * once, and once more if windows are placed around labels or objects. Memory grows with the number of windows
 * considered, not with the slide.
 *
 * @throws {SegtileError} `input` for files that cannot be read, `usage` for settings that do not fit the slide
 */
export async function surveySlide(slide: DatasetSlide, settings: SurveySettings, signal: AbortSignal): Promise<Survey> {
  return withPair(slide, settings, async (pair) => {
    const { view, truth, labels } = pair;
    const { classes } = truth;
    const size = { width: view.width, height: view.height };
    const sample = settings.sample(classes);
    const choice = slide.tissue ?? settings.tissue;
    const overview = once(() => readOverview(pair.slide, OVERVIEW_SIDE, signal));
    const {
      share: tissue,
      facts,
      notes = [],
      warnings: odd = [],
    } = await tissueLookup(pair.slide, view.spans, { tissue: choice, roi: slide.roi }, overview, signal);
    const warnings = [...(await contrastWarnings(pair.slide, choice.kind, false, overview)), ...odd];
    const asked = new Set(sample.asks.map(({ sampler }) => sampler));
    const ground: Ground = {
      name: slide.name,
      size,
      tissue,
      holds: slide.roi && choice.kind === 'none' ? (share) => share > 0 : holdsTissue(choice, sample.minTissue),
      foreground: asked.has('positive') ? await findForeground(labels, classes, sample.window, signal) : undefined,
      objects: asked.has('object') ? await findObjects(pair, signal) : undefined,
    };
    const proposals = propose(sample, ground);
    const countsOf = await countProposals(labels, classes, sample.window, proposals, signal);
    const { draws, reports } = choose(sample, ground, proposals, countsOf, (counts) => mainClass(counts, classes));
    return {
      slide,
      full: { width: pair.slide.width, height: pair.slide.height },
      size,
      spans: view.spans,
      window: sample.window,
      downsample: view.downsample,
      mpp: view.mpp,
      notes: [...(pair.slide.notes ?? []), ...truth.notes, ...notes],
      warnings,
      tissue: facts,
      classes,
      draws,
      reports,
    };
  });
}

/** Gives a function for the share of tissue in a window of the working image, and notes on how tissue was found. */
async function tissueLookup(
  slide: Slide,
  spans: Size,
  { tissue: choice, roi }: Required<Pick<SurveySettings, 'tissue'>> & Pick<DatasetSlide, 'roi'>,
  seen: () => Promise<Pixels>,
  signal: AbortSignal,
): Promise<Omit<FoundTissue, 'mask'> & { readonly share: (window: Box) => number | undefined }> {
  if (choice.kind === 'none' && roi === undefined) return { share: () => undefined, facts: { method: 'none' } };
  const overview = await seen();
  const all = () => new Uint8Array(overview.width * overview.height).fill(1);
  const { mask, ...found } =
    choice.kind === 'none' ? { mask: all(), facts: { method: 'none' } } : await tissueMask(choice, slide, overview, signal);
  if (roi !== undefined) await keepInside(mask, overview, roi, slide, signal);
  const map = tissueMap(mask, overview);
  return { ...found, share: (window) => tissueShare(map, window, spans) };
}

/** Sets tissue outside a region to 0, in place. */
async function keepInside(
  mask: Uint8Array,
  { width, height }: Size,
  roi: RegionFile,
  slide: Slide,
  signal: AbortSignal,
): Promise<void> {
  const region = await openRegion(roi, slide, slideName(slide.path), signal);
  try {
    for await (const { y, data } of viewRows(region.view({ width, height }), signal))
      for (let i = 0, at = y * width; i < data.length; i++, at++) if (data[i] !== 1) mask[at] = 0;
  } finally {
    await region.close();
  }
}

async function findForeground(
  labels: LabelView,
  classes: readonly MaskClass[],
  window: Size,
  signal: AbortSignal,
): Promise<Foreground> {
  const cell = Math.max(1, Math.floor(Math.min(window.width, window.height) / CELLS_PER_WINDOW));
  const foreground = createForeground(
    labels,
    cell,
    classes.map(({ label }) => label),
  );
  for await (const band of readLabels(labels, { y: 0, height: labels.height }, signal)) foreground.add(band);
  return foreground;
}

/** The boxes of all objects, in working pixels; each box has at least one pixel. */
async function findObjects({ slide, view, truth }: OpenPair, signal: AbortSignal): Promise<Box[]> {
  const boxes: Box[] = [];
  const across = view.spans.width / slide.width;
  const down = view.spans.height / slide.height;
  for await (const { box } of truth.objects(signal)) {
    const x = Math.floor(box.x * across);
    const y = Math.floor(box.y * down);
    const width = Math.max(1, Math.ceil((box.x + box.width) * across) - x);
    boxes.push({ x, y, width, height: Math.max(1, Math.ceil((box.y + box.height) * down) - y) });
  }
  return boxes;
}

/** Counts the pixels of each class, and ignored pixels, in each proposed window. */
async function countProposals(
  labels: LabelView,
  classes: readonly MaskClass[],
  window: Size,
  proposals: readonly Proposal[],
  signal: AbortSignal,
): Promise<(index: number) => Float64Array> {
  const boxes = proposals.map(({ x, y }): Box => ({ x, y, ...window }));
  const count = createBoxCount(boxes, [...classes.map(({ label }) => label), IGNORED], labels);
  if (boxes.length > 0) {
    const top = boxes.reduce((least, { y }) => Math.min(least, y), labels.height);
    const bottom = boxes.reduce((most, { y, height }) => Math.max(most, Math.min(y + height, labels.height)), 0);
    for await (const band of readLabels(labels, { y: top, height: bottom - top }, signal)) count.add(band);
  }
  return (index) => count.of(index);
}

function readLabels(labels: LabelView, { y, height }: { y: number; height: number }, signal: AbortSignal): AsyncIterable<Band> {
  const everything = [{ start: 0, length: labels.width }];
  return labels.readBands({ start: y, length: height }, () => everything, signal);
}

/** The label of the class with the most pixels in a window; 0 if no class has any. Counts are in the order of the classes. */
function mainClass(counts: Float64Array, classes: readonly MaskClass[]): number {
  let best = 0;
  let most = 0;
  classes.forEach(({ label }, slot) => {
    if (counts[slot]! <= most) return;
    most = counts[slot]!;
    best = label;
  });
  return best;
}
