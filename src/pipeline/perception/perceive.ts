import type { Model } from '../../model/card/model.js';
import { isRecord, isSize, type Kept, remembered } from '../../model/measured/cache.js';
import { isSameScore, reachOf, type ScorePlanes, shiftedDifference } from '../../model/measured/reach.js';
import { openPool } from '../../model/sessions/pool.js';
import type { Samples, Size } from '../../types.js';
import { labelRule } from '../prepare/thresholds.js';
import { compareLabels, MOST_MARGIN, STEP } from './compare-labels.js';
import { cutPicture, LARGEST_SHIFT, madeUpPictures, patched, type TrialPicture } from './trial-pictures.js';

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
  /** False if labels were compared, but nearly all were of one kind, so that nothing is known of what borders change. */
  readonly isTelling: boolean;
}

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

/** If the reach is a smaller share, a narrower margin is used only if windows keep this many times as many pixels with it. */
const WORTH = 1.1;

/**
 * How many pictures are used to find reach and phase: a unit of the network may be inactive on one picture and active
 * on another.
 */
const SEEN = 2;

/** Smaller windows are not examined, because the patch fills too much of them. */
const LEAST_SIDE = 128;

/** Increased whenever the rules change so that a network would get another result. */
const RULES = 3;

const kept: Kept<Perception> = {
  folder: 'perception',
  isFound: (value): value is Perception =>
    isRecord(value) && isSize(value.window) && Array.isArray(value.flips) && 'reach' in value && 'isTelling' in value,
};

/**
 * Measures how far a network sees and in what step it moves. It runs a window, the same window with another patch in
 * its middle, and the same window shifted. If the network sees farther than a sixth of its window, or a margin as wide as
 * its reach would cost much, it compares the labels of pairs of windows. Runs on the CPU. The result is cached, unless it
 * comes from pictures of a slide.
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
    const sureOne = { ...seen, margin: sure, flips: [], seesNear, isTelling: true };
    if (seesNear && !isWorth(largest, sure, half)) return sureOne;
    const compared = await compareLabels(model, largest, seen.phase, signal, pictures);
    const isNarrow = sure <= Math.min(largest.width, largest.height) * MOST_MARGIN;
    if (!seesNear && compared.margin === null && seen.phase !== null && isNarrow) return { ...sureOne, window: largest };
    if (!seesNear) return { ...seen, ...compared, window: largest, seesNear };
    const margin = Math.max(compared.margin ?? sure, half);
    return isWorth(largest, sure, margin) ? { ...seen, ...compared, margin, window: largest, seesNear } : sureOne;
  }
  const compared = await compareLabels(model, largest, null, signal, pictures);
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
  const pictures = madeUpPictures(model, window).slice(0, SEEN);
  const pool = await openPool(model, { window, workers: 1, device: 'cpu', output, signal });
  try {
    const scores = async (pixels: Samples<ArrayBuffer>): Promise<ScorePlanes> => ({ ...window, data: await pool.run(pixels) });
    let reach = 0;
    let phase: number | undefined;
    for (const picture of pictures) {
      const run = (shift: number) => scores(cutPicture(picture, window, shift, model));
      const base = await run(0);
      const changed = reachOf(base, await scores(patched(cutPicture(picture, window, 0, model), window, model)));
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
 * The smallest step of 64, 32, 16, … px for which shifting an image shifts its scores by the same amount; undefined if
 * there is none.
 */
async function phaseOf(
  base: ScorePlanes,
  reach: number,
  run: (shift: number) => Promise<ScorePlanes>,
): Promise<number | undefined> {
  const isSame = (shift: number): Promise<boolean> => isSameAfter(shift, base, reach, run);
  const half = LARGEST_SHIFT / 2;
  if (!(await isSame(half))) return (await isSame(LARGEST_SHIFT)) ? LARGEST_SHIFT : undefined;
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
