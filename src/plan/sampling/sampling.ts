import type { Box, Size } from '../../types.js';
import type { Foreground } from './foreground.js';
import { anyPlace, gridPlaces, halfShiftPlaces, placeAround, placeCount, type WindowCorner } from './places.js';
import { createRandom, type Random, shuffled } from './random.js';

/**
 * How windows are chosen.
 *
 * - `grid`: all windows of a grid
 * - `half-shift`: all windows of a second grid, shifted by half a stride
 * - `random`: any place, all equally likely
 * - `positive`: a window with a labelled pixel, each such pixel equally likely; `random` on a slide without labels
 * - `object`: a window with an object, each object equally likely, however small; `random` on a slide without objects
 * - `rejection`: like `random`, but drawn again, a limited number of times, until the window has tissue or a label
 */
export type Sampler = 'grid' | 'half-shift' | 'random' | 'positive' | 'object' | 'rejection';

/** Every sampler, in the order in which help texts list them. */
export const samplers: readonly Sampler[] = ['grid', 'half-shift', 'random', 'positive', 'object', 'rejection'];

/** How many windows of a slide one sampler should give: a number, or all of a grid. */
export interface Ask {
  readonly sampler: Sampler;
  readonly wanted: number | 'all';
}

/** How a slide is sampled. Lengths in working pixels. */
export interface SampleSettings {
  readonly asks: readonly Ask[];
  readonly window: Size;
  readonly stride: Size;
  /** The least share of a window that must be tissue, unless the window has a label; undefined if the user gave none. */
  readonly minTissue: number | undefined;
  /** The most tries for a window until it is kept. */
  readonly tries: number;
  /**
   * The most windows of a slide, by class; class 0 stands for windows without any class. A window belongs to the
   * class with the most labelled pixels in it.
   */
  readonly caps: ReadonlyMap<number, number>;
  readonly seed: number;
}

/** What is known about a slide before windows are proposed. */
export interface Ground {
  /** The name of the slide: slides with different names get different draws. */
  readonly name: string;
  readonly size: Size;
  /** The share of a window that is tissue, 0 to 1; undefined if tissue is not looked for. */
  tissue(window: Box): number | undefined;
  /**
   * Whether this share is enough for a window without a label. If this function is not given, any share is enough,
   * even 0.
   */
  readonly holds?: (share: number) => boolean;
  /** Needed for `positive`. */
  readonly foreground: Foreground | undefined;
  /** Boxes of objects on the image; needed for `object`. */
  readonly objects: readonly Box[] | undefined;
}

/** A window that may be kept. The proposals of one slot are tried in order until one is kept. */
export interface Proposal extends WindowCorner {
  readonly sampler: Sampler;
  /** The index of the ask that it belongs to. */
  readonly ask: number;
  readonly slot: number;
  /** See {@link Ground.tissue}. */
  readonly tissue: number | undefined;
  /** Whether it is kept only if it has a label. */
  readonly needsLabel: boolean;
}

/** A window that is kept. */
export interface Draw extends WindowCorner {
  readonly sampler: Sampler;
  readonly tissue: number | undefined;
  /** The pixels of each counted label, see `createBoxCount`. */
  readonly counts: Float64Array;
}

/** The outcome of one ask. */
export interface SamplerReport {
  readonly sampler: Sampler;
  readonly wanted: number | 'all';
  /** Windows that were examined, not counting those that had already been kept. */
  readonly tried: number;
  /** Examined windows that have what was asked for. `accepted / tried` is the acceptance rate. */
  readonly accepted: number;
  /** Accepted windows that were left out because of a cap. */
  readonly capped: number;
  /** Windows that are kept: `accepted - capped`. */
  readonly kept: number;
  /** Whether `random` was used instead, because the slide has no labels or objects for the sampler. */
  readonly fellBack: boolean;
}

/** The least share of tissue for `rejection` if the user gave none: a sliver is enough. */
const SLIVER = 0.01;

/** All windows that may be kept, in the order in which they are tried. */
export function propose(settings: SampleSettings, ground: Ground): Proposal[] {
  const taken = new Set<number>();
  return settings.asks.flatMap((ask, index) => {
    const random = createRandom(settings.seed, `${ground.name}/${ask.sampler}`);
    const proposal = ({ x, y }: WindowCorner, sampler: Sampler, slot: number): Proposal => {
      const least = settings.minTissue ?? (ask.sampler === 'rejection' ? SLIVER : undefined);
      const { width, height } = settings.window;
      const tissue = ground.tissue({ x, y, width, height });
      const asked = least === undefined || (tissue !== undefined && tissue > 0 && tissue >= least);
      const enough = asked && (tissue === undefined || ground.holds?.(tissue) !== false);
      return { x, y, sampler, ask: index, slot, tissue, needsLabel: !enough };
    };
    if (ask.sampler === 'grid' || ask.sampler === 'half-shift') {
      const places = (ask.sampler === 'grid' ? gridPlaces : halfShiftPlaces)(ground.size, settings.window, settings.stride);
      // In random order, so that neither a limited number of windows nor a cap favours one side of the slide.
      return Array.from(shuffled(places.length, random), (at, slot) => proposal(places[at]!, ask.sampler, slot));
    }
    return proposeDraws(settings, ground, ask, random, taken, proposal);
  });
}

function proposeDraws(
  settings: SampleSettings,
  ground: Ground,
  { sampler, wanted }: Ask,
  random: Random,
  taken: Set<number>,
  proposal: (place: WindowCorner, sampler: Sampler, slot: number) => Proposal,
): Proposal[] {
  const { window, tries } = settings;
  const { size } = ground;
  const fallsBack = hasNothing(ground, sampler);
  const place = (index: number): WindowCorner => {
    const where = random.pair(2 * index);
    if (sampler === 'random' || sampler === 'rejection' || fallsBack) return anyPlace(size, window, where);
    const which = random.pair(2 * index + 1)[0];
    const { foreground, objects } = ground;
    const box = sampler === 'positive' ? foreground!.pick(which)! : objects![Math.floor(which * objects!.length)]!;
    return placeAround(box, size, window, where);
  };
  const slots = Math.min(wanted === 'all' ? Number.POSITIVE_INFINITY : wanted, placeCount(size, window));
  const proposals: Proposal[] = [];
  for (let slot = 0; slot < slots; slot++) {
    for (let i = 0; i < tries; i++) {
      const at = place(slot * tries + i);
      const key = at.y * size.width + at.x;
      if (taken.has(key)) continue;
      const made = proposal(at, fallsBack ? 'random' : sampler, slot);
      proposals.push(made);
      // Whether the next try is needed is unknown only if a label decides.
      if (made.needsLabel) continue;
      taken.add(key);
      break;
    }
  }
  return proposals;
}

function hasNothing({ foreground, objects }: Ground, sampler: Sampler): boolean {
  if (sampler === 'positive') return foreground === undefined || foreground.total() === 0;
  return sampler === 'object' && (objects === undefined || objects.length === 0);
}

/** The windows that are kept, from top to bottom and left to right, and the outcome of each ask. */
export interface Choice {
  readonly draws: readonly Draw[];
  readonly reports: readonly SamplerReport[];
}

/**
 * For each slot, keeps the first proposal that has what it needs and is not kept already, until an ask has as many
 * windows as it wanted.
 *
 * @param countsOf the pixels of each label in the proposal with this index
 * @param classOf the class of a window with these counts, 0 if it has none, see {@link SampleSettings.caps}
 */
export function choose(
  { asks, caps }: SampleSettings,
  { size }: Pick<Ground, 'size'>,
  proposals: readonly Proposal[],
  countsOf: (index: number) => Float64Array,
  classOf: (counts: Float64Array) => number,
): Choice {
  const draws = new Map<number, Draw>();
  const left = new Map(caps);
  const reports = asks.map(({ sampler, wanted }) => ({
    sampler,
    wanted,
    tried: 0,
    accepted: 0,
    capped: 0,
    kept: 0,
    fellBack: false,
  }));
  const done = asks.map(() => -1);
  for (const [index, { x, y, sampler, ask, slot, tissue, needsLabel }] of proposals.entries()) {
    const report = reports[ask]!;
    const key = y * size.width + x;
    if (slot === done[ask] || report.kept === report.wanted || draws.has(key)) continue;
    report.tried++;
    report.fellBack ||= sampler !== report.sampler;
    const counts = countsOf(index);
    const group = classOf(counts);
    if (needsLabel && group === 0) continue;
    report.accepted++;
    done[ask] = slot;
    const room = left.get(group);
    if (room === 0) {
      report.capped++;
      continue;
    }
    if (room !== undefined) left.set(group, room - 1);
    report.kept++;
    draws.set(key, { x, y, sampler, tissue, counts });
  }
  return { draws: [...draws.values()].sort((a, b) => a.y - b.y || a.x - b.x), reports };
}
