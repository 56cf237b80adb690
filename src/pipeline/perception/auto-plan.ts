import { SegtileError } from '../../errors.js';
import type { Ensemble } from '../../model/card/ensemble.js';
import type { Model } from '../../model/card/model.js';
import { defaultWorkers } from '../../model/sessions/pool-options.js';
import { LARGEST_SIDE, runsAPixel, widestStride } from '../../plan/windows/cheapest.js';
import { type FittedImage, type FittingRules, fittingWindows } from '../../plan/windows/fitting.js';
import type { Geometry } from '../../plan/windows/scale.js';
import type { Size } from '../../types.js';
import type { InferOptions } from '../prepare/options.js';
import { perceive, suretyOf } from './perceive.js';
import { knownCosts } from './window-costs.js';
import { costOfWindow, longestSide, windowsFor } from './windows-for.js';

/** Windows that overlap as little as a model allows, and the reason in words. */
interface AutoWindows {
  readonly laid: Geometry;
  readonly why: string;
  /** See `AutoPlan`. */
  readonly cutsToTissue: boolean;
  /** If the model takes windows of any size: what decides on those that fit a slide. */
  readonly free?: Pick<FittingRules, 'needs' | 'longest' | 'costOf'>;
}

/** The windows of `--plan auto`. */
export interface AutoPlan {
  /** One geometry for each model, in px of the model. */
  readonly laid: readonly Geometry[];
  /** Whether a part of a window gives its scores, so that windows may be cut to tissue. */
  readonly cutsToTissue: boolean;
  /** Makes the geometry of the one model fit an image; left out if it is the same for all images. */
  readonly fit?: (image: FittedImage) => Geometry;
}

/** How often networks are run for each pixel if windows overlap by half. */
const DENSE_RUNS = 4;

/**
 * The windows of `--plan auto`: for each model those that run it least often. Margin and phase are taken from the
 * model's card. If the card does not have them, they are measured.
 *
 * @param note called with a sentence on the result, or on why windows overlap as usual
 * @returns undefined if some model needs the usual overlap
 * @throws {SegtileError} `usage` for an option that sets what `--plan auto` finds out
 */
export async function autoPlan(
  options: InferOptions,
  { members }: Ensemble,
  note: (sentence: string) => void,
  signal: AbortSignal,
): Promise<AutoPlan | undefined> {
  refuseSaid(options);
  const found: AutoWindows[] = [];
  for (const { model } of members) {
    const windows = await autoWindows(model, options, members.length === 1, signal);
    if (typeof windows === 'string') {
      note(`windows overlap as usual, despite --plan auto: ${windows}`);
      return undefined;
    }
    found.push(windows);
  }
  for (const [index, { laid, why }] of found.entries()) {
    const { window, stride, margin } = laid;
    const who = members.length === 1 ? '' : `${members[index]!.model.name}: `;
    const [size, step] = [sides(window), sides(stride)];
    note(
      `${who}windows of ${size} px, margin ${margin}, stride ${step}: ${runsAPixel(laid).toFixed(2)} network runs a pixel instead of ${DENSE_RUNS}, ${why}`,
    );
  }
  const cutsToTissue = members.length === 1 && found[0]!.cutsToTissue;
  if (found.every(({ free }) => free === undefined)) return { laid: found.map(({ laid }) => laid), cutsToTissue };
  const unfit = unfitting(options, members.length);
  if (unfit !== undefined) note(`these windows are the same for slides of any size, as ${unfit}`);
  const [{ laid: usual, free }] = found as [AutoWindows];
  return {
    laid: found.map(({ laid }) => laid),
    cutsToTissue,
    ...(free &&
      unfit === undefined && { fit: (image) => fittingWindows(image, usual, { ...free, isSquare: options.tta === 'd4' }) }),
  };
}

/** Why windows cannot be made to fit a slide, as the end of a sentence; undefined if they can. */
function unfitting({ placement, ttaScales }: InferOptions, models: number): string | undefined {
  if (models > 1) return 'the models of an ensemble share them';
  if (ttaScales.some((scale) => scale !== 1)) return 'other scales have windows of other sizes';
  // They are many and small anyway, and how many there are depends on tissue, not on the size of the slide.
  return placement === 'tissue' ? 'they are laid along tissue' : undefined;
}

function refuseSaid({ stride, overlap, margin, placement }: InferOptions): void {
  const said = Object.entries({ stride, overlap, margin, placement: placement === 'even' ? placement : undefined });
  const name = said.find(([, value]) => value !== undefined)?.[0];
  if (name === undefined) return;
  throw new SegtileError(
    'usage',
    `--plan auto chooses the windows, but --${name} does so, too`,
    `leave out --${name}, or --plan auto`,
  );
}

/** The windows of one model, or a sentence on why they must overlap as usual. */
async function autoWindows(
  model: Model,
  { window: wanted, device, workers = defaultWorkers() }: InferOptions,
  isAlone: boolean,
  signal: AbortSignal,
): Promise<AutoWindows | string> {
  const { name, margin, phase, fixedWindow, window, task, crop } = model;
  // Without padding in its convolutions a network takes only some sizes.
  const takesAny = fixedWindow === undefined && crop === undefined;
  const isFree = wanted === undefined && takesAny;
  if (task === 'classification') return `${name} has one score for a whole window`;
  if (margin !== undefined && phase !== undefined) {
    const side = window ?? LARGEST_SIDE;
    const laid = widestStride(wanted ?? fixedWindow ?? { width: side, height: side }, { margin, phase });
    return laid
      ? {
          laid,
          why: `as the card says (margin ${margin} px, phase ${phase})`,
          // A network whose windows its card states may need all of them.
          cutsToTissue: takesAny && window === undefined,
          ...(isFree && window === undefined && { free: { needs: { margin: laid.margin, phase }, longest: LARGEST_SIDE } }),
        }
      : `the margin of ${margin} px from the card of ${name} leaves nothing of the window`;
  }
  const perception = await perceive(model, signal);
  // Models of an ensemble share their windows where they can, whatever each of them costs.
  const costs = isAlone ? await knownCosts(model, { device, workers }) : undefined;
  const found = windowsFor(model, perception, wanted, costs).filter(({ runs }) => runs < DENSE_RUNS);
  const { reach, phase: step } = perception;
  if (found.length > 0) {
    const { milliseconds, runs: _, ...laid } = found[0]!;
    const cost = milliseconds === undefined ? '' : `; ${milliseconds} ms a megapixel here`;
    const needs = { margin: laid.margin, phase: step ?? 1 };
    return {
      laid,
      why: `${suretyOf(perception)} (reach ${reach} px, phase ${step}${cost})`,
      cutsToTissue: takesAny && perception.seesNear,
      ...(isFree &&
        perception.seesNear && {
          free: { needs, longest: longestSide(costs), costOf: costs && costOfWindow(costs) },
        }),
    };
  }
  if (!perception.isTelling && step !== null)
    return `${name} looks ${reach} px far, and gives generated pictures nearly one label only, which tells of no narrower margin: segtile tune MODEL SLIDE --write-card compares labels on a slide`;
  if (reach === null) return `${name} looks at its whole window, and no margin is enough`;
  return `${name} looks ${reach} px far, for which these windows are too small to be laid farther apart`;
}

function sides({ width, height }: Size): string {
  return width === height ? String(width) : `${width} × ${height}`;
}
