import type { Size } from '../../types.js';

/** Where the scores of a window lie under it. */
export interface Fit {
  /** Pixels of the window, along each axis, that one score stands for. */
  readonly factor: number;
  /** Pixels of the window left of and above the first score; `centre` where as much is missing on the other side. */
  readonly crop: 'centre' | { readonly left: number; readonly top: number };
}

/** What a patch changes: the middle of it in the window, and of the change in the scores, in px of each. */
export interface Response {
  readonly at: { readonly x: number; readonly y: number };
  /** Undefined where nothing changed. */
  readonly seen: { readonly x: number; readonly y: number } | undefined;
}

/** Centres of the two patches, on a diagonal so that both axes are told by them; see {@link fitOf}. */
export function patchCentres(window: Size, scores: Size): readonly [Response['at'], Response['at']] {
  const away = (length: number, of: number) => Math.max(1, Math.round(Math.min(length / 8, 0.3 * of)));
  const [x, y] = [away(window.width, scores.width), away(window.height, scores.height)];
  const [across, down] = [window.width / 2, window.height / 2];
  return [
    { x: across - x, y: down + y },
    { x: across + x, y: down - y },
  ];
}

/** The side of a patch, in px. */
export function patchSide({ width, height }: Size): number {
  return Math.max(2, 2 * Math.round(Math.min(width, height) / 32));
}

/** The middle of what changed: of all scores that changed at least half as much as the one that changed the most. */
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
  return { x: x / count, y: y / count };
}

/**
 * Where scores lie, from what two patches change: a line through both tells how many pixels a score stands for and where the first one
 * lies. Scores that are fewer than the pixels are the centre of the window (slope 1), a coarser map of it (slope `scores / window`),
 * or between the two a coarser map of the centre. Undefined where the line fits none of them, as where each score depends on the whole window.
 *
 * @param coarse the factor by which the scores would cover the whole window, where there is one
 */
export function fitOf(
  window: Size,
  scores: Size,
  responses: readonly [Response, Response],
  coarse: number | undefined,
): Fit | undefined {
  const [a, b] = responses;
  if (!a.seen || !b.seen) return undefined;
  const along = (axis: 'x' | 'y', length: number, of: number) => {
    const slope = (b.seen![axis] - a.seen![axis]) / (b.at[axis] - a.at[axis]);
    const middle = { at: (a.at[axis] + b.at[axis]) / 2, seen: (a.seen![axis] + b.seen![axis]) / 2 };
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
  const slack = axes.map(({ of }) => 0.06 * of * best) as [number, number];
  if (best === coarse)
    return Math.abs(left) <= slack[0] && Math.abs(top) <= slack[1] ? { factor: best, crop: 'centre' } : undefined;
  const missing = axes.map(({ length, of }) => length - of * best) as [number, number];
  const inside = [left, top].every((first, i) => first >= -slack[i]! && first <= missing[i]! + slack[i]!);
  if (!inside) return undefined;
  const off = [left, top].map((first, i) => Math.abs(first - missing[i]! / 2));
  if (off[0]! <= Math.max(2, slack[0] / 2) && off[1]! <= Math.max(2, slack[1] / 2)) return { factor: best, crop: 'centre' };
  const whole = (first: number, most: number) => Math.min(most, Math.max(0, Math.round(first)));
  return { factor: best, crop: { left: whole(left, missing[0]), top: whole(top, missing[1]) } };
}

/** Px of the window without a score on the side where the most are missing. */
export function missingPx({ factor, crop }: Fit, window: Size, scores: Size): number {
  const across = Math.max(0, window.width - factor * scores.width);
  const down = Math.max(0, window.height - factor * scores.height);
  if (crop === 'centre') return Math.ceil(Math.max(across, down) / 2);
  return Math.max(crop.left, across - crop.left, crop.top, down - crop.top);
}
