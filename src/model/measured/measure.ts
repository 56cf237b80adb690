import type { SampleType, Size } from '../../types.js';
import type { Model, Normalization } from '../card/model.js';
import { type Ending, isChoice } from '../graph/ending.js';
import type { PlacedNetwork } from '../graph/format/weights.js';
import { isOnePerWindow, scoreShape } from '../graph/layout.js';
import type { Threads } from '../sessions/threads.js';
import {
  type Fit,
  fitOf,
  middleOfChange,
  patchCentres,
  patchesInCells,
  patchGrid,
  patchSide,
  type Response,
  strongResponses,
} from './fit.js';
import { createScoreFacts, isSame, type Meaning, meaningOf } from './scores.js';
import { type Tried, type TriedNetwork, type TriedScores, trialSides, tryNetwork } from './try-network.js';
import { naturalWindows, stressWindows, type TrialWindow } from './windows.js';

/** Where the scores lie in the window; or that they cover a part of it that is off the centre by an unknown number of px. */
type FoundFit = Fit | 'off the centre';

/** What was found by running a network on trial windows. Plain data that can be stored as JSON. */
export interface MeasuredModel {
  readonly meaning: Meaning;
  /** The smallest and the largest score that was seen. */
  readonly range: readonly [number, number];
  /** The size of the trial windows. */
  readonly window: Size;
  /** The size of the scores for such a window. */
  readonly scores: Size & { readonly channels: number };
  /** Where the scores lie in the window. Absent if there is one for each pixel or for the
   * whole window; null if it could not be found out. */
  readonly fit?: FoundFit | null;
}

/** What a measurement needs to know about a network. */
export interface Measurable extends TriedNetwork, Pick<Model, 'color' | 'samples' | 'normalize'> {
  /**
   * Whether the card, the flags or the graph say how samples are scaled; and the factor by which the graph itself
   * multiplies them, if it is known.
   */
  readonly isScaled: boolean;
  readonly gain?: number | undefined;
  readonly ending?: Ending | undefined;
  /** Whether the scores are a linear function of the last learned layer. */
  readonly linear: boolean;
  /** The operation that turns scores into labels, if the graph ends in one. */
  readonly decision?: string | undefined;
  /** Whether the card or the flags say where the scores lie. */
  readonly isFitted: boolean;
  /** Window sizes that the card or the user ask for. */
  readonly windows: readonly Size[];
}

const largest: Readonly<Record<SampleType, number>> = { uint8: 255, uint16: 65_535, float32: 1 };

/**
 * Runs a network on images and on windows that are not images, and finds out what its scores mean and where they lie. If
 * the graph's ending already tells the meaning, it is only checked that the scores are not the same everywhere.
 *
 * @throws {SegtileError} `model` if the network runs with none of the window sizes that are tried
 */
export async function measureNetwork(placed: PlacedNetwork, network: Measurable, threads: Threads): Promise<MeasuredModel> {
  let failure: unknown;
  for (const window of trialSides(network, network.windows)) {
    try {
      const tried = await tryNetwork(placed, network, window, threads);
      const measured = await measureAt(tried, network).finally(tried.close);
      if (measured.fit !== null) return measured;
      return { ...measured, fit: await grownFit(placed, network, measured, threads) };
    } catch (thrown) {
      failure ??= thrown;
    }
  }
  throw failure;
}

async function measureAt(tried: Tried, network: Measurable): Promise<MeasuredModel> {
  const { window, batch } = tried;
  const isPicture = network.color !== 'channels';
  const images = naturalWindows(window, isPicture ? 3 : network.depth).map((make) => () => inputOf(make(), window, network));
  const stress = network.image.element === 'uint8' ? [] : stressOf(window, network, images[0]!());
  const shown = [...images, ...stress];
  // After a softmax from which a channel may have been dropped, only many windows tell whether classes exclude each other.
  const told =
    network.linear ||
    network.decision !== undefined ||
    network.ending?.activation === 'sigmoid' ||
    network.ending?.removable === true;
  let first: TriedScores | undefined;
  let facts: ReturnType<typeof createScoreFacts> | undefined;
  for (let at = 0; at < shown.length; at += batch) {
    const given = await tried.run(shown.slice(at, at + batch).map((make) => make()));
    first ??= given[0]!;
    facts ??= createScoreFacts(first.channels);
    for (const [slot, { planes }] of given.entries()) facts.add(planes, at + slot < images.length);
    if (told && (network.decision !== undefined || !isSame(facts.facts()))) break;
  }
  const found = facts!.facts();
  const { width, height, channels } = first!;
  const isPlaced = (width === window.width && height === window.height) || isOnePerWindow({ width, height }, window);
  return {
    meaning:
      isSame(found) && network.decision === undefined
        ? { kind: 'same' }
        : (toldMeaning(network, found.offOne, channels) ?? meaningOf(found)),
    range: [Math.min(...found.least), Math.max(...found.most)],
    window,
    scores: { width, height, channels },
    ...(!isPlaced && !network.isFitted && { fit: await findFit(tried, first!, network) }),
  };
}

/**
 * What the graph's own ending tells about the scores. After a softmax that lost a channel, or over another axis, classes
 * do not exclude each other.
 */
function toldMeaning({ ending, linear, decision }: Measurable, offOne: number, channels: number): Meaning | undefined {
  if (decision !== undefined) return { kind: 'probabilities', exclusive: isChoice(decision) && channels > 1 };
  if (ending?.activation === 'sigmoid') return { kind: 'probabilities', exclusive: false };
  if (ending) return { kind: 'probabilities', exclusive: channels > 1 && offOne <= 1e-2 };
  return linear ? { kind: 'logits' } : undefined;
}

/**
 * By how many px a window is enlarged to see how the scores grow with it. A multiple of what networks divide their windows
 * by.
 */
const GROWTH = 64;

/**
 * Finds where the scores lie if patches tell nothing, by enlarging the window: scores at its centre grow by as many px as
 * were added, and coarser scores by fewer. Null if that tells nothing either.
 */
async function grownFit(
  placed: PlacedNetwork,
  network: Measurable,
  { window, scores }: MeasuredModel,
  threads: Threads,
): Promise<Fit | null> {
  if (trialSides(network, []).length === 1) return null;
  const larger = { width: window.width + GROWTH, height: window.height + GROWTH };
  try {
    const tried = await tryNetwork(placed, network, larger, threads);
    const blank = new Float32Array(network.depth * larger.width * larger.height);
    const [given] = await tried.run([blank]).finally(tried.close);
    const factor = GROWTH / (given!.width - scores.width);
    const isAlike = given!.height - scores.height === given!.width - scores.width;
    return isAlike && Number.isInteger(factor) && factor > 0 ? { factor, crop: 'centre' } : null;
  } catch {
    return null;
  }
}

/**
 * Finds where the scores lie by changing two patches, each in a run of its own. If the network does not respond to them on
 * the first image, other images are tried. If it responds on none, patches all over the window are tried, for a network
 * whose scores lie near a corner or depend on much of the window.
 */
async function findFit(tried: Tried, { channels, width, height }: TriedScores, network: Measurable): Promise<FoundFit | null> {
  const { window } = tried;
  const scores = { width, height };
  const coarse = scoreShape([1, channels, height, width], window, 'nchw')?.factor;
  const count = network.color !== 'channels' ? 3 : network.depth;
  // Between 0.3 and 0.7, so that a patch can be brightened by the same amount everywhere.
  const calm = naturalWindows(window, count)
    .slice(0, 3)
    .map((base) => base().map((value) => 0.3 + 0.4 * value));
  const responsesTo = async (base: Float32Array, centres: readonly Response['at'][]): Promise<Response[]> => {
    const [before] = await tried.run([inputOf(base, window, network)]);
    const responses: Response[] = [];
    for (const at of centres) {
      const [after] = await tried.run([inputOf(patched(base, window, at), window, network)]);
      responses.push({ at, seen: middleOfChange(before!.planes, after!.planes, scores) });
    }
    return responses;
  };
  for (const base of calm) {
    const fit = fitOf(window, scores, await responsesTo(base, patchCentres(window, scores)), coarse);
    if (fit !== 'off the centre' && fit?.crop === 'centre') return fit;
    if (fit) return fitOf(window, scores, await responsesTo(base, patchesInCells(window, scores)), coarse) ?? fit;
  }
  const all: Response[] = [];
  for (const base of calm) all.push(...strongResponses(await responsesTo(base, patchGrid(window))));
  return fitOf(window, scores, all, coarse, 0.2) ?? null;
}

function patched(planes: Float32Array, { width, height }: Size, { x, y }: { x: number; y: number }): Float32Array {
  const out = planes.slice();
  const half = patchSide({ width, height }) / 2;
  const [left, top] = [Math.round(x - half), Math.round(y - half)];
  for (let plane = 0; plane < planes.length; plane += width * height)
    for (let row = Math.max(0, top); row < Math.min(height, top + 2 * half); row++)
      for (let column = Math.max(0, left); column < Math.min(width, left + 2 * half); column++)
        out[plane + row * width + column]! += 0.3;
  return out;
}

/** Converts a window of values from 0 to 1 to the network's input. */
function inputOf(planes: Float32Array, { width, height }: Size, network: Measurable): Float32Array {
  const { color, samples, normalize } = network;
  const size = width * height;
  const most = largest[samples];
  const plane = (channel: number) => planes.subarray(channel * size, (channel + 1) * size);
  const ordered =
    color === 'gray'
      ? Float32Array.from(plane(0), (red, i) => 0.299 * red + 0.587 * plane(1)[i]! + 0.114 * plane(2)[i]!)
      : color === 'bgr'
        ? Float32Array.from(planes, (_, i) => planes[(2 - Math.floor(i / size)) * size + (i % size)]!)
        : planes;
  if (normalize === 'window') return standardized(ordered, size);
  if (typeof normalize === 'object' && 'axes' in normalize)
    return standardized(ordered, normalize.axes === 'all' ? ordered.length : size);
  if (normalize === 'none') return ordered.map((value) => Math.round(value * most));
  const { gain, offset }: Normalization = normalize;
  return ordered.map((value, i) => {
    const channel = Math.floor(i / size);
    const sample = samples === 'float32' ? value : Math.round(value * most);
    return sample * gain[channel]! + offset[channel]!;
  });
}

function standardized(planes: Float32Array, size: number): Float32Array {
  const out = planes.slice();
  for (let from = 0; from < out.length; from += size) {
    const plane = out.subarray(from, from + size);
    const mean = plane.reduce((a, b) => a + b, 0) / plane.length;
    const deviation = Math.sqrt(plane.reduce((sum, value) => sum + (value - mean) ** 2, 0) / plane.length + 1e-6);
    for (let i = 0; i < plane.length; i++) plane[i] = (plane[i]! - mean) / deviation;
  }
  return out;
}

/**
 * Stress windows in units of the network's usual input. If the graph scales its input itself, the unit is the value that
 * it scales to 1.
 */
function stressOf(window: Size, { depth, gain, isScaled }: Measurable, image: Float32Array): TrialWindow[] {
  let [low, high] = [0, 0];
  for (const value of image) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const unit = gain !== undefined ? Math.max(1, 1 / gain) : Math.max(1, (high - low) / 4);
  const amplitudes = isScaled ? [4, 32, 256] : [4, 32, 256, 4096];
  return stressWindows(
    window,
    depth,
    amplitudes.map((amplitude) => amplitude * unit),
  );
}
