import type { Size } from '../../types.js';

/** Where the scores of a window lie in it. */
export interface Fit {
  /** How many pixels of the window one score stands for, along each axis. */
  readonly factor: number;
  /**
   * How many pixels of the window lie left of and above the first score; `centre` if as many are missing on the opposite
   * side.
   */
  readonly crop: 'centre' | { readonly left: number; readonly top: number };
}

/**
 * The response to a changed patch of the window: the centre of the patch in px of the window, and the centre of the change
 * in px of the scores.
 */
export interface Response {
  readonly at: { readonly x: number; readonly y: number };
  /**
   * Undefined if nothing changed. `most` is the largest change of a score. `reach` is how far from the centre there are
   * changes of at least a quarter of that.
   */
  readonly seen: { readonly x: number; readonly y: number; readonly most: number; readonly reach: number } | undefined;
}

/** Centres of the two patches. They lie on a diagonal, so that they tell about both axes; see {@link fitOf}. */
export function patchCentres(window: Size, scores: Size): readonly [Response['at'], Response['at']] {
  const away = (length: number, of: number) => Math.max(1, Math.round(Math.min(length / 8, 0.3 * of)));
  const [x, y] = [away(window.width, scores.width), away(window.height, scores.height)];
  const [across, down] = [window.width / 2, window.height / 2];
  return [
    { x: across - x, y: down + y },
    { x: across + x, y: down - y },
  ];
}

/**
 * Centres of a grid of 4 by 4 patches all over the window, for scores that lie near a corner or depend on much of the
 * window.
 */
export function patchGrid({ width, height }: Size): Response['at'][] {
  const parts = [1, 3, 5, 7].map((eighths) => eighths / 8);
  return parts.flatMap((down) => parts.map((across) => ({ x: Math.round(across * width), y: Math.round(down * height) })));
}

/**
 * The centres of {@link patchCentres}, each at eight offsets that are multiples of an odd number of px. A network that
 * looks at cells of 8 or 16 px answers with a whole cell, wherever the patch lies in it; over all places in a cell this
 * averages out.
 */
export function patchesInCells(window: Size, scores: Size): Response['at'][] {
  const step = 2 * Math.floor((0.25 * Math.min(scores.width, scores.height, 140)) / 14) + 1;
  const moves = Array.from({ length: 8 }, (_, at) => (at - 4) * step);
  return patchCentres(window, scores).flatMap(({ x, y }) => moves.map((by) => ({ x: x + by, y: y + by })));
}

/**
 * Selects the responses of patches that really change scores, and drops those that are only seen from afar: it keeps those
 * at least half as strong as the strongest.
 */
export function strongResponses(responses: readonly Response[]): Response[] {
  const most = Math.max(...responses.map(({ seen }) => seen?.most ?? 0));
  return responses.filter(({ seen }) => seen !== undefined && seen.most >= most / 2);
}

/** The side of a patch, in px. */
export function patchSide({ width, height }: Size): number {
  return Math.max(2, 2 * Math.round(Math.min(width, height) / 32));
}

/**
 * The centre of the change: the mean place of all scores that changed at least half as much as the one that changed most.
 *
 * @param before planes of scores; each plane has the size of the last argument
 * @param after scores of the same shape
 */
export function middleOfChange(before: Float32Array, after: Float32Array, { width, height }: Size): Response['seen'] {
  const size = width * height;
  const change = new Float32Array(size);
  let most = 0;
  for (let i = 0; i < before.length; i++) {
    const away = Math.abs(after[i]! - before[i]!);
    if (!Number.isFinite(away)) continue;
    const at = i % size;
    if (away > change[at]!) change[at] = away;
    if (away > most) most = away;
  }
  if (!(most > 1e-9)) return undefined;
  let [count, x, y] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    if (change[i]! < most / 2) continue;
    count++;
    x += (i % width) + 0.5;
    y += Math.floor(i / width) + 0.5;
  }
  const [middleX, middleY] = [x / count, y / count];
  let reach = 0;
  for (let i = 0; i < size; i++)
    if (change[i]! >= most / 4)
      reach = Math.max(reach, Math.abs((i % width) + 0.5 - middleX), Math.abs(Math.floor(i / width) + 0.5 - middleY));
  return { x: middleX, y: middleY, most, reach };
}

/**
 * Finds where scores lie in the window from what patches change. A line fitted through all responses tells how many pixels
 * a score stands for and where the first score lies.
 *
 * Scores that are fewer than the pixels can be the centre of the window (slope 1), a coarser map of the whole window
 * (slope `scores / window`), or in between, a coarser map of the centre.
 *
 * @param responses to two patches, or to many
 * @param coarse the factor by which the scores would cover the whole window, if there is one
 * @param slack how far scores that cover the whole window may seem to be off its centre, as a share of its side
 * @returns undefined if the line fits none of these cases, for example because each score depends on the whole window;
 *   `off the centre` if the offset cannot be measured to the pixel
 */
export function fitOf(
  window: Size,
  scores: Size,
  responses: readonly Response[],
  coarse: number | undefined,
  slack = 0.06,
): Fit | 'off the centre' | undefined {
  if (responses.length < 2 || responses.some(({ seen }) => !seen)) return undefined;
  const along = (axis: 'x' | 'y', length: number, of: number) => {
    const mean = (value: (each: Response) => number) =>
      responses.reduce((sum, each) => sum + value(each), 0) / responses.length;
    const middle = { at: mean(({ at }) => at[axis]), seen: mean(({ seen }) => seen![axis]) };
    // Least squares. With two responses it is the line through both.
    const away = (each: Response) => each.at[axis] - middle.at;
    const slope = mean((each) => away(each) * each.seen![axis]) / mean((each) => away(each) ** 2);
    return { slope, middle, length, of, room: 1 - of / length };
  };
  const axes = [along('x', window.width, scores.width), along('y', window.height, scores.height)] as const;
  const factors = [1, 2, 4, 8, 16, 32].filter((factor) => axes.every(({ of, length }) => of * factor < length || factor === 1));
  const candidates = [...new Set([...factors, ...(coarse === undefined ? [] : [coarse])])];
  const misfit = (factor: number) => Math.max(...axes.map(({ slope, room }) => Math.abs(slope - 1 / factor) / room));
  const [best] = candidates.sort((one, other) => misfit(one) - misfit(other));
  if (best === undefined || !(misfit(best) <= 0.25)) return undefined;
  // Where the first score lies, in px of the window.
  const [left, top] = axes.map(({ middle }) => middle.at - best * middle.seen) as [number, number];
  const near = (share: number) => axes.map(({ of }) => share * of * best) as [number, number];
  if (best === coarse) {
    const [across, down] = near(slack);
    return Math.abs(left) <= across && Math.abs(top) <= down ? { factor: best, crop: 'centre' } : undefined;
  }
  const about = near(0.06);
  const missing = axes.map(({ length, of }) => length - of * best) as [number, number];
  const inside = [left, top].every((first, i) => first >= -about[i]! && first <= missing[i]! + about[i]!);
  if (!inside) return undefined;
  // A network that smears a patch over a much larger area may also shift it.
  const smeared = (responses.reduce((sum, { seen }) => sum + seen!.reach, 0) / responses.length) * best - patchSide(window) / 2;
  const off = [left, top].map((first, i) => Math.abs(first - missing[i]! / 2));
  if (off[0]! <= Math.max(2, smeared, about[0] / 2) && off[1]! <= Math.max(2, smeared, about[1] / 2))
    return { factor: best, crop: 'centre' };
  // An error of some px in the offset would shift the mask by as much, so it is better to ask the user.
  if (smeared > 2) return 'off the centre';
  const whole = (first: number, most: number) => Math.min(most, Math.max(0, Math.round(first)));
  return { factor: best, crop: { left: whole(left, missing[0]), top: whole(top, missing[1]) } };
}

/** How many px of the window have no score, on the side where the most are missing. */
export function missingPx({ factor, crop }: Fit, window: Size, scores: Size): number {
  const across = Math.max(0, window.width - factor * scores.width);
  const down = Math.max(0, window.height - factor * scores.height);
  if (crop === 'centre') return Math.ceil(Math.max(across, down) / 2);
  return Math.max(crop.left, across - crop.left, crop.top, down - crop.top);
}
