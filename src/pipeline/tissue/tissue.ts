import { SegtileError } from '../../errors.js';
import { isRemote, shownPath } from '../../io/location.js';
import { tissueRuns } from '../../plan/tissue/runs.js';
import { saturation } from '../../plan/tissue/saturation.js';
import { createStainCount } from '../../plan/tissue/stain-count.js';
import {
  HUBMAP_SHARE,
  saturatedTissue,
  stainedPixels,
  tissueMap,
  tissueShare,
  tissueThreshold,
} from '../../plan/tissue/tissue.js';
import { cutToTissue } from '../../plan/windows/cut-to-tissue.js';
import type { Grid } from '../../plan/windows/grid.js';
import { type Selection, selectWindows } from '../../plan/windows/selection.js';
import { alongTissue } from '../../plan/windows/tissue-grid.js';
import type { Slide } from '../../slide/slide.js';
import type { View } from '../../slide/view/view.js';
import { slideName } from '../../truth/slide-names.js';
import type { Pixels, Size } from '../../types.js';
import { viewRows } from '../evaluate/paired-rows.js';
import { autoMask, turnOfOthers } from './auto-mask.js';
import type { FoundTissue, TissueFacts, TissueJudge } from './found-tissue.js';

/**
 * How tissue is distinguished from glass. `file` is a mask image or GeoJSON of the user, `network` a model that finds
 * tissue.
 */
export type TissueChoice =
  | { readonly kind: 'auto' }
  | { readonly kind: 'otsu' }
  | { readonly kind: 'hubmap' }
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'network'; readonly path: string; readonly judge: TissueJudge };

/** The windows that hold tissue, and facts on how it was found. */
export interface TissueSelection {
  readonly selection: Selection;
  /** The grid of the selection: the given one, cut to tissue if it says so, or one that follows tissue if its placement is `tissue`. */
  readonly grid: Grid;
  /** If it follows tissue: how many windows a fixed grid of the same windows would run. */
  readonly fixed?: number | undefined;
  /** How the user's mask was read if it can be read in more than one way, as sentences for the user. */
  readonly notes?: readonly string[] | undefined;
  /** Sentences on what is odd, and what to do about it. */
  readonly warnings?: readonly string[] | undefined;
  readonly facts: TissueFacts;
  /** The raster of tissue over the whole slide, where every value except 0 is tissue; undefined if none was made. */
  readonly raster?: (Size & { readonly mask: Uint8Array }) | undefined;
}

/** Longer side, in pixels, of the view in which tissue is found. */
export const OVERVIEW_SIDE = 2048;

/**
 * Default for the least share of a window that must be tissue: any tissue is enough. A higher share would drop small
 * pieces that lie in a large window. Dust has been removed from the view already.
 */
const MIN_TISSUE = 0;

/**
 * A function that tells whether a window with a given share of tissue is worth running. The share must be above 0,
 * above the background rule of `hubmap`, or as large as the user says.
 *
 * @param minTissue least share, 0 to 1, if the user gave one
 */
export function holdsTissue(choice: TissueChoice, minTissue: number | undefined): (share: number) => boolean {
  if (choice.kind === 'none') return () => true;
  if (choice.kind === 'hubmap' && minTissue === undefined) return (share) => share > HUBMAP_SHARE;
  const least = minTissue ?? MIN_TISSUE;
  return (share) => share > 0 && share >= least;
}

/**
 * Decides for each window of a grid whether it holds enough tissue to be worth running the model. The whole window that
 * is read counts, not only its core.
 *
 * @param overview the whole slide at low resolution
 * @param minTissue least share of a window, 0 to 1; by default any tissue is enough, or for `hubmap` that rule's own
 *   share
 * @throws {SegtileError} `input` if the user's mask or GeoJSON cannot be read; the errors of a network that finds
 *   tissue
 */
export async function selectTissue(
  choice: TissueChoice,
  minTissue: number | undefined,
  view: View,
  grid: Grid,
  overview: () => Promise<Pixels>,
  signal: AbortSignal,
): Promise<TissueSelection> {
  if (grid.placement === 'tissue') refuseUnlaid(choice);
  if (choice.kind === 'none') return { grid, selection: selectWindows(grid, () => true), facts: { method: 'none' } };
  const least = minTissue ?? MIN_TISSUE;
  const holds = holdsTissue(choice, minTissue);

  if (choice.kind === 'hubmap') {
    const facts = { method: 'hubmap', minTissue: minTissue ?? HUBMAP_SHARE };
    if (view.slide.levels.length > 1) {
      const low = await overview();
      const map = tissueMap(stainedPixels(low), low);
      const selection = selectWindows(grid, ({ box }) => holds(tissueShare(map, box, view.spans)));
      return { grid, selection, facts: { ...facts, judgedOn: `overview of ${low.width} × ${low.height} px` } };
    }
    const stain = createStainCount(grid);
    const everything = [{ start: 0, length: view.width }];
    for await (const band of view.readBands({ start: 0, length: view.height }, () => everything, signal)) stain.add(band);
    return {
      grid,
      selection: selectWindows(grid, (window) => holds(stain.share(window))),
      facts: { ...facts, judgedOn: 'every pixel' },
    };
  }

  const low = await overview();
  const { mask, facts, ...told } = await tissueMask(choice, view.slide, low, signal);
  const map = tissueMap(mask, low);
  const select = (on: Grid): Selection => selectWindows(on, ({ box }) => holds(tissueShare(map, box, view.spans)));
  const judgedOn = `overview of ${low.width} × ${low.height} px`;
  const raster = { mask, width: low.width, height: low.height };
  const found = { ...told, raster, facts: { ...facts, minTissue: least, judgedOn } };
  const cut = (on: Grid): Grid => (on.cutsToTissue ? cutToTissue(on, map, view.spans) : on);
  if (grid.placement === 'tissue')
    return { ...alongTissue(grid, tissueRuns(map, grid.size, view.spans), select, cut), ...found };
  const laid = cut(grid);
  return { grid: laid, selection: select(laid), ...found };
}

/** Refuses to lay windows along tissue if nothing says where it is, apart from judging windows. */
function refuseUnlaid({ kind }: TissueChoice): void {
  if (kind !== 'none' && kind !== 'hubmap') return;
  throw new SegtileError(
    'usage',
    `--placement tissue lays windows where tissue is, but --tissue ${kind} ${kind === 'none' ? 'looks for none' : 'judges windows'}`,
    'use --tissue auto, or another --placement',
  );
}

/**
 * Finds tissue, as a raster of the size of the overview in which every value except 0 is tissue.
 *
 * @param overview the whole slide at low resolution
 * @returns the raster, and how it was found, for the run's record
 * @throws {SegtileError} `input` if the user's mask or GeoJSON cannot be read
 */
export async function tissueMask(
  choice: Exclude<TissueChoice, { readonly kind: 'none' }>,
  slide: Slide,
  overview: Pixels,
  signal: AbortSignal,
): Promise<FoundTissue> {
  const found = await foundBy(choice, slide, overview, signal);
  const { width, height } = overview;
  let pixels = 0;
  for (let i = 0; i < found.mask.length; i++) if (found.mask[i] !== 0) pixels++;
  return { ...found, facts: { ...found.facts, tissueShare: Number((pixels / (width * height)).toFixed(4)) } };
}

function foundBy(
  choice: Exclude<TissueChoice, { readonly kind: 'none' }>,
  slide: Slide,
  overview: Pixels,
  signal: AbortSignal,
): Promise<FoundTissue> {
  switch (choice.kind) {
    case 'auto':
      return autoMask(slide, overview, signal);
    case 'otsu':
      return otsuMask(overview, signal);
    case 'hubmap':
      return Promise.resolve({ mask: stainedPixels(overview), facts: { method: 'hubmap' } });
    case 'file':
      return userMask(choice.path, slide, overview, signal);
    case 'network':
      return choice.judge(slide, overview, signal);
  }
}

/** Done in three steps with pauses, so that workers can start and the user can stop the run. */
async function otsuMask(overview: Pixels, signal: AbortSignal): Promise<FoundTissue> {
  const plane = saturation(overview);
  await turnOfOthers(signal);
  const threshold = tissueThreshold(plane, overview);
  await turnOfOthers(signal);
  const mask = saturatedTissue(plane, overview, threshold);
  return { mask, facts: { method: 'otsu', saturationThreshold: threshold } };
}

/** The user's own mask or regions of tissue, read in the same way as truth, on a raster of the size of the overview. */
async function userMask(path: string, slide: Slide, overview: Size, signal: AbortSignal): Promise<FoundTissue> {
  // Loaded only when needed, because it loads all readers of truth.
  const { openRegion } = await import('../../truth/region.js');
  if (isRemote(path)) {
    const message = `cannot use ${shownPath(path)} as a mask of tissue: it is not a local file`;
    throw new SegtileError('input', message, 'download it and give its path');
  }
  const regions = await openRegion({ path, option: '--tissue' }, slide, slideName(slide.path), signal);
  try {
    const mask = new Uint8Array(overview.width * overview.height);
    for await (const { y, data } of viewRows(regions.view(overview), signal))
      for (let i = 0, at = y * overview.width; i < data.length; i++, at++) mask[at] = data[i] === 1 ? 1 : 0;
    return {
      mask,
      facts: { method: 'file', file: shownPath(path) },
      notes: regions.notes.map((note) => `tissue mask ${note}`),
    };
  } finally {
    await regions.close();
  }
}
