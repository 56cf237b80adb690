import { type Model, modelPixels } from '../../model/card/model.js';
import { isRecord, isSize, type Kept, remembered } from '../../model/measured/cache.js';
import {
  countFlips,
  type FlipCounts,
  flippedBeyond,
  isSameScore,
  marginFor,
  middleOf,
  noFlips,
  PATCH,
  reachOf,
  type ScorePlanes,
  shiftedDifference,
} from '../../model/measured/reach.js';
import { naturalWindows } from '../../model/measured/windows.js';
import { openPool, type Pool } from '../../model/sessions/pool.js';
import { emptyLabelCount, type LabelCount, labelRows } from '../../plan/labels/labels.js';
import type { Samples, Size } from '../../types.js';
import { labelRule } from '../prepare/thresholds.js';

/** How far a network sees, and by which step its windows may be shifted. Lengths are in px of its window. */
export interface Perception {
  /** The window with which it was measured. */
  readonly window: Size;
  /**
   * The distance from a changed patch up to which scores change in any bit; null if that is as far as the window's
   * border.
   */
  readonly reach: number | null;
  /** Scores stay the same if windows are shifted by multiples of this step; null if that holds for no step up to 64 px. */
  readonly phase: number | null;
  /** The margin that is enough; null if none was found. */
  readonly margin: number | null;
  /** If the margin was found by comparing labels: for each margin, the share of labels that differ. */
  readonly flips: readonly (readonly [margin: number, share: number])[];
  /**
   * Whether the network sees no farther than a sixth of its window. Then a margin as wide as its reach is enough in windows
   * of any size, and a narrower one that labels allow is nearly so.
   */
  readonly seesNear: boolean;
}

/** A picture for trials: interleaved samples of a square of some px, from which windows are cut. */
export type TrialPicture = Pick<Size, 'width' | 'height'> & { readonly data: Samples };

/**
 * Sides of windows in px that are tried if a network takes any size. The first one in which its reach can be seen is
 * used.
 */
const SIDES = [512, 1024];

/**
 * If the reach is more than this share of the window, it is not used as the margin, because few labels change so far
 * away.
 */
const FAR = 1 / 6;

/** The share of labels that may differ at a margin that is narrower than the reach. */
const FLIPPED = 1e-4;

/** If the reach is a smaller share, a narrower margin is used only if windows keep this many times as many pixels with it. */
const WORTH = 1.1;

/** The least share of labels other than the commonest one with which labels tell how far borders are seen. */
const TELLING = 0.01;

/** How many pairs of windows are compared in that case. */
export const PAIRS = 4;

/** Margins are multiples of this, in px. */
const STEP = 8;

/**
 * How many pictures are used to find reach and phase: a unit of the network may be inactive on one picture and active
 * on another.
 */
const SEEN = 2;

/** Smaller windows are not examined, because the patch fills too much of them. */
const LEAST_SIDE = 128;

/** The largest shift, in px. */
const MOST = 64;

/** Increased whenever the rules change so that a network would get another result. */
const RULES = 2;

const kept: Kept<Perception> = {
  folder: 'perception',
  isFound: (value): value is Perception =>
    isRecord(value) && isSize(value.window) && Array.isArray(value.flips) && 'reach' in value && 'seesNear' in value,
};

/**
 * Measures how far a network sees and in what step it moves. It runs a window, the same window with another patch in
 * its middle, and the same window shifted. If the network sees farther than a sixth of its window, or a margin as wide as
 * its reach would cost much, it compares the labels of pairs of windows. Runs on the CPU. The result is cached, unless it comes from pictures of a slide.
 *
 * @param pictures of a slide, on which labels are compared, at least {@link pictureSide} px on a side; if there are
 *   none, pictures are generated
 */
export async function perceive(model: Model, signal: AbortSignal, pictures: readonly TrialPicture[] = []): Promise<Perception> {
  const { layout, color, samples, normalize, activation, crop, output, cam } = model;
  const rule = labelRule(model, model.path, undefined);
  const fixed = model.fixedWindow;
  const circumstances = { RULES, layout, color, samples, normalize, activation, crop, output, cam, fixed, rule };
  const find = () => perceived(model, signal, pictures);
  return pictures.length > 0 ? find() : remembered(kept, model.sha256, circumstances, find);
}

/** The window in which labels are compared: the window of the network, or the largest one that is tried. */
export function shownWindow({ fixedWindow }: Pick<Model, 'fixedWindow'>): Size {
  const side = SIDES.at(-1)!;
  return fixedWindow ?? { width: side, height: side };
}

/** The side in px of the pictures from which windows are cut. */
export function pictureSide(window: Size): number {
  return Math.max(window.width, window.height) + MOST;
}

async function perceived(model: Model, signal: AbortSignal, pictures: readonly TrialPicture[]): Promise<Perception> {
  const windows = model.fixedWindow ? [model.fixedWindow] : SIDES.map((side) => ({ width: side, height: side }));
  const largest = windows.at(-1)!;
  for (const window of windows) {
    const seen = await seenAt(model, window, signal);
    if (seen.reach === null) continue;
    const seesNear = seen.reach <= FAR * Math.min(largest.width, largest.height);
    const sure = Math.ceil(seen.reach / STEP) * STEP;
    // Narrower ones were found on pictures that may have little in common with a slide.
    const half = Math.ceil(seen.reach / 2 / STEP) * STEP;
    if (seesNear && !isWorth(largest, sure, half)) return { ...seen, margin: sure, flips: [], seesNear };
    const { isTelling, ...compared } = await comparedAt(model, largest, seen.phase, signal, pictures);
    if (!seesNear) return { ...seen, ...compared, window: largest, seesNear };
    const margin = isTelling && compared.margin !== null ? Math.max(compared.margin, half) : sure;
    if (!isWorth(largest, sure, margin)) return { ...seen, margin: sure, flips: [], seesNear };
    return { ...seen, ...compared, margin, window: largest, seesNear };
  }
  const { isTelling: _, ...compared } = await comparedAt(model, largest, null, signal, pictures);
  return { window: largest, reach: null, phase: null, ...compared, seesNear: false };
}

/** Whether windows with the second margin keep so many more pixels than with the first that a few labels may differ. */
function isWorth({ width, height }: Size, margin: number, narrower: number): boolean {
  const kept = (removed: number): number => (width - 2 * removed) * (height - 2 * removed);
  return kept(narrower) >= WORTH * kept(margin);
}

/** How sure it is that windows with the margin that was found give the labels of windows without borders, in words. */
export function suretyOf({ flips }: Perception): string {
  return flips.length === 0 ? 'no label differs' : 'fewer than 1 in 10,000 labels differ';
}

/** Reach and phase, measured in windows of one size. */
async function seenAt(
  model: Model,
  window: Size,
  signal: AbortSignal,
): Promise<Pick<Perception, 'window' | 'reach' | 'phase'>> {
  if (Math.min(window.width, window.height) < LEAST_SIDE) return { window, reach: null, phase: null };
  const output = model.squash === undefined ? 'probabilities' : 'logits';
  const pictures = madeUp(model, window).slice(0, SEEN);
  const pool = await openPool(model, { window, workers: 1, device: 'cpu', output, signal });
  try {
    const scores = async (pixels: Samples<ArrayBuffer>): Promise<ScorePlanes> => ({ ...window, data: await pool.run(pixels) });
    let reach = 0;
    let phase: number | undefined;
    for (const picture of pictures) {
      const run = (shift: number) => scores(cut(picture, window, shift, model));
      const base = await run(0);
      const changed = reachOf(base, await scores(patched(cut(picture, window, 0, model), window, model)));
      if (changed === undefined) return { window, reach: null, phase: null };
      reach = Math.max(reach, changed);
      if (phase === undefined || !(await isSameAfter(phase, base, reach, run))) phase = await phaseOf(base, reach, run);
      if (phase === undefined) break;
    }
    return { window, reach, phase: phase ?? null };
  } finally {
    await pool.close();
  }
}

/**
 * The margin beyond which the labels of two windows hardly differ, and the share of labels that differ for each margin.
 * `isTelling` is whether there were labels of several kinds; those of a network that finds nothing never differ.
 */
async function comparedAt(
  model: Model,
  window: Size,
  phase: number | null,
  signal: AbortSignal,
  pictures: readonly TrialPicture[],
): Promise<Pick<Perception, 'margin' | 'flips'> & { readonly isTelling: boolean }> {
  const pool = await openPool(model, { window, workers: 1, device: 'cpu', output: 'probabilities', signal });
  try {
    const shift = Math.max(phase ?? MOST, MOST);
    const labels = emptyLabelCount();
    const shown = pictures.length > 0 ? pictures : madeUp(model, window);
    const counts = await comparedLabels(model, pool, window, shift, shown, labels);
    const side = Math.min(window.width, window.height);
    const flips: (readonly [number, number])[] = [];
    for (let margin = 0; margin <= side / 2; margin += STEP) {
      const share = flippedBeyond(counts, margin);
      if (share !== undefined) flips.push([margin, share]);
    }
    const margin = phase === null ? undefined : marginFor(counts, FLIPPED);
    const commonest = Math.max(...labels.perLabel) / labels.covered;
    return { margin: margin !== undefined && margin <= side / 3 ? margin : null, flips, isTelling: 1 - commonest >= TELLING };
  } finally {
    await pool.close();
  }
}

/**
 * The smallest step of 64, 32, 16, … px for which shifting an image shifts its scores by the same amount; undefined if
 * there is none.
 */
async function phaseOf(
  base: ScorePlanes,
  reach: number,
  run: (shift: number) => Promise<ScorePlanes>,
): Promise<number | undefined> {
  const isSame = (shift: number): Promise<boolean> => isSameAfter(shift, base, reach, run);
  const half = MOST / 2;
  if (!(await isSame(half))) return (await isSame(MOST)) ? MOST : undefined;
  let phase = half;
  while (phase > 1 && (await isSame(phase / 2))) phase /= 2;
  return phase;
}

/** Whether the scores shift with the image. */
async function isSameAfter(
  shift: number,
  base: ScorePlanes,
  reach: number,
  run: (shift: number) => Promise<ScorePlanes>,
): Promise<boolean> {
  const difference = shiftedDifference(base, await run(shift), shift, reach + 1);
  return difference !== undefined && isSameScore(difference);
}

/**
 * Compares the labels of pairs of windows. The second window of a pair is shifted by a multiple of the phase.
 *
 * @param labels to which the labels of all windows are added
 */
async function comparedLabels(
  model: Model,
  pool: Pool,
  window: Size,
  shift: number,
  pictures: readonly TrialPicture[],
  labels: LabelCount,
): Promise<FlipCounts> {
  const rule = labelRule(model, model.path, undefined);
  const { width, height } = window;
  const labelled = async (picture: TrialPicture, shift: number): Promise<Uint8Array> => {
    const data = await pool.run(cut(picture, window, shift, model));
    const block = { x: 0, y: 0, width, height, classes: model.channels, data };
    return labelRows({ y: 0, height, blocks: [block] }, width, rule, labels).data;
  };
  const counts = noFlips(window);
  for (let pair = 0; pair < PAIRS; pair++) {
    const picture = pictures[pair % pictures.length]!;
    countFlips(counts, await labelled(picture, 0), await labelled(picture, shift), window, shift);
  }
  return counts;
}

/** Generated pictures with texture: tissue, noise, blocks of colours, stripes. */
function madeUp(model: Model, window: Size): TrialPicture[] {
  const side = pictureSide(window);
  const { channels } = modelPixels(model);
  const most = { uint8: 255, uint16: 65_535, float32: 1 }[model.samples];
  return [1, 2, 0, 4].map((index) => {
    const planes = naturalWindows({ width: side, height: side }, channels)[index]!();
    const data = samplesOf(model, side * side * channels);
    for (let channel = 0, at = 0; channel < channels; channel++)
      for (let i = 0; i < side * side; i++) data[i * channels + channel] = planes[at++]! * most;
    return { width: side, height: side, data };
  });
}

function samplesOf({ samples }: Model, length: number): Samples<ArrayBuffer> {
  if (samples === 'uint8') return new Uint8Array(length);
  return samples === 'uint16' ? new Uint16Array(length) : new Float32Array(length);
}

function cut(picture: TrialPicture, { width, height }: Size, shift: number, model: Model): Samples<ArrayBuffer> {
  const { channels } = modelPixels(model);
  const out = samplesOf(model, width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((y + shift) * picture.width + shift) * channels;
    out.set(picture.data.subarray(from, from + width * channels), y * width * channels);
  }
  return out;
}

/** The window with a changed patch in its middle: its values are mirrored in the range of the samples. */
function patched(pixels: Samples<ArrayBuffer>, { width, height }: Size, model: Model): Samples<ArrayBuffer> {
  const { channels } = modelPixels(model);
  const most = { uint8: 255, uint16: 65_535, float32: 1 }[model.samples];
  for (let y = middleOf(height); y < middleOf(height) + PATCH; y++) {
    const from = (y * width + middleOf(width)) * channels;
    for (let i = from; i < from + PATCH * channels; i++) pixels[i] = most - pixels[i]!;
  }
  return pixels;
}
