import { SegtileError } from '../../errors.js';
import type { Grid } from '../../plan/windows/grid.js';
import { windowsOfRow } from '../../plan/windows/grid.js';
import { type Selection, selectWindows } from '../../plan/windows/selection.js';
import type { View, ViewChoice } from '../../slide/view/view.js';
import type { Box, MaskClass, ScoreBlock, ScoreRows, Span, Window } from '../../types.js';
import type { HelperDevice } from '../infer/scores/whole-slide.js';
import { type GateChoice, parseGate } from './gate-option.js';
import { type Asked, type Judged, type JudgedFacts, judgeWindows } from './judge.js';

/** The options that let other networks judge windows. */
export interface GateOptions {
  /** Networks and probabilities, as text: windows in which one of them finds nothing are not run. */
  readonly gate?: readonly string[] | undefined;
  /** The same: what the models find of the named classes is dropped where one of the networks denies it. */
  readonly veto?: readonly string[] | undefined;
  /** What is denied as a whole: each window by itself, or all of the slide if all of its windows are. */
  readonly vetoBy?: 'window' | 'slide' | undefined;
}

/** The parsed options, with what is known of the models of the run. */
export interface GateSettings {
  readonly gates: readonly GateChoice[];
  readonly vetoes: readonly GateChoice[];
  readonly vetoBy: 'window' | 'slide';
  /** The classes of the models, and the label of each channel. */
  readonly classes: readonly MaskClass[];
  readonly labels: readonly number[];
  readonly device: HelperDevice;
}

/** What other networks decided on the windows of a slide. */
export interface Gated {
  readonly gates: readonly JudgedFacts[];
  readonly vetoes: readonly JudgedFacts[];
  /** The windows that are run, for each grid. */
  readonly selections: readonly Selection[];
  /** The cores of the windows that gates denied: they count as looked at. */
  readonly deniedCores: readonly Box[];
  /**
   * Changes final probabilities of some rows: what gates denied becomes background, where no other window covers it, and
   * classes that were vetoed become 0.
   *
   * @param across the columns that the rows are made for
   */
  settle(rows: ScoreRows, across: Span): ScoreRows;
}

/**
 * Parses the options.
 *
 * @throws {SegtileError} `usage` for texts that are wrong, and for a veto on a class that the models do not have
 */
export function gateSettings(
  { gate = [], veto = [], vetoBy }: GateOptions,
  { classes, labels }: Pick<GateSettings, 'classes' | 'labels'>,
  device: HelperDevice,
): GateSettings | undefined {
  if (veto.length === 0 && vetoBy !== undefined)
    throw new SegtileError('usage', '--veto-by is given without --veto', 'give the network with --veto');
  if (gate.length === 0 && veto.length === 0) return undefined;
  const gates = gate.map((text) => parseGate(text, '--gate'));
  const vetoes = veto.map((text) => parseGate(text, '--veto'));
  for (const { path, least } of vetoes) {
    const names = typeof least === 'number' ? [] : [...least.keys()];
    const unknown = names.find((name) => classes.every((each) => each.name !== name));
    if (unknown !== undefined)
      throw new SegtileError(
        'usage',
        `--veto of ${path} is on the class "${unknown}", which the model does not have`,
        `its classes are: ${classes.map(({ name }) => name).join(', ')}`,
      );
  }
  return { gates, vetoes, vetoBy: vetoBy ?? 'window', classes, labels, device };
}

/**
 * Lets networks judge the windows of a slide: gates first, one after the other, each those that the ones before it left;
 * then vetoes, on those that are run.
 *
 * @param view the working image of the run, and the choice that it was made by
 * @param asked the grids and the windows that would be run
 */
export async function gateWindows(
  settings: GateSettings,
  view: View,
  resolution: ViewChoice,
  asked: readonly Asked[],
  signal: AbortSignal,
): Promise<Gated> {
  const { gates, vetoes, vetoBy, classes, labels, device } = settings;
  let left = asked;
  const facts: JudgedFacts[] = [];
  for (const gate of gates) {
    const judged = await judgeWindows(gate, '--gate', { view, resolution, asked: left }, device, signal);
    left = without(left, judged);
    facts.push(judged.facts);
  }
  const dropped: { readonly channels: readonly number[]; readonly isFree: (window: Window, grid: number) => boolean }[] = [];
  const vetoed: JudgedFacts[] = [];
  for (const veto of vetoes) {
    const judged = await judgeWindows(veto, '--veto', { view, resolution, asked: left }, device, signal);
    vetoed.push(judged.facts);
    const names = Object.keys(judged.facts.least);
    const unknown = names.find((name) => classes.every((each) => each.name !== name));
    if (unknown !== undefined)
      throw new SegtileError(
        'usage',
        `--veto of ${veto.path} is on the class "${unknown}", which the model does not have`,
        `name both alike: the model has ${classes.map(({ name }) => name).join(', ')}`,
      );
    const ofNames = classes.filter(({ name }) => names.includes(name)).map(({ label }) => labels.indexOf(label));
    const all = judged.facts.denied === judged.facts.judged;
    const isFree = (window: Window, grid: number): boolean => (vetoBy === 'slide' ? !all : !judged.denies(grid, window));
    dropped.push({ channels: ofNames, isFree });
  }
  const denied = asked.map(({ grid, selection }, at) =>
    coresOf(grid, (window) => !selection.isSkipped(window) && left[at]!.selection.isSkipped(window)),
  );
  const free = dropped.map(({ channels, isFree }) => ({
    channels,
    cores: left.flatMap(({ grid, selection }, at) =>
      coresOf(grid, (window) => !selection.isSkipped(window) && isFree(window, at)),
    ),
  }));
  const cores = denied.flat();
  return {
    gates: facts,
    vetoes: vetoed,
    selections: left.map(({ selection }) => selection),
    deniedCores: cores,
    settle(rows, across) {
      let settled = cores.length === 0 ? rows : filled(rows, maskOf(cores, rows, across), across, labels);
      for (const { channels, cores: own } of free) settled = cleared(settled, maskOf(own, rows, across), across, channels);
      return settled;
    },
  };
}

function without(asked: readonly Asked[], judged: Judged): readonly Asked[] {
  return asked.map(({ grid, selection }, at) => ({
    grid,
    selection: selectWindows(grid, (window) => !selection.isSkipped(window) && !judged.denies(at, window)),
  }));
}

/** The cores of some windows of a grid. */
function coresOf(grid: Grid, holds: (window: Window) => boolean): Box[] {
  return Array.from({ length: grid.rows }, (_, row) =>
    windowsOfRow(grid, row).flatMap((window) => (holds(window) ? [window.core] : [])),
  ).flat();
}

/** 1 for each pixel of some columns of some rows that lies in a box. */
function maskOf(boxes: readonly Box[], { y, height }: ScoreRows, { start, length }: Span): Uint8Array {
  const mask = new Uint8Array(length * height);
  for (const box of boxes) {
    const top = Math.max(box.y, y);
    const bottom = Math.min(box.y + box.height, y + height);
    const left = Math.max(box.x, start) - start;
    const right = Math.min(box.x + box.width, start + length) - start;
    if (left < right)
      for (let row = top; row < bottom; row++) mask.fill(1, (row - y) * length + left, (row - y) * length + right);
  }
  return mask;
}

/** Makes background of the pixels of a mask that have no score: 1 for background if it has a channel, 0 for the others. */
function filled(rows: ScoreRows, mask: Uint8Array, across: Span, labels: readonly number[]): ScoreRows {
  const blocks: ScoreBlock[] = [];
  let from = across.start;
  for (const block of [...rows.blocks, undefined]) {
    const end = block?.x ?? across.start + across.length;
    blocks.push(...gapBlock(rows, mask, across, { start: from, length: end - from }, labels.length));
    if (block) blocks.push(block);
    from = block ? block.x + block.width : end;
  }
  for (const { x, y, width, height, data, whole } of blocks) {
    if (whole) continue;
    const plane = width * height;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const at = row * width + column;
        if (!Number.isNaN(data[at]!) || mask[(y - rows.y + row) * across.length + x - across.start + column] !== 1) continue;
        for (const [channel, label] of labels.entries()) data[channel * plane + at] = label === 0 ? 1 : 0;
      }
  }
  return { ...rows, blocks };
}

/** A block without scores for columns of a mask that no block has; none if nothing of the mask lies there. */
function gapBlock(rows: ScoreRows, mask: Uint8Array, across: Span, gap: Span, classes: number): ScoreBlock[] {
  const isIn = (x: number): boolean => {
    for (let at = x - across.start; at < mask.length; at += across.length) if (mask[at] === 1) return true;
    return false;
  };
  let [left, right] = [gap.start, gap.start + gap.length];
  while (left < right && !isIn(left)) left++;
  while (right > left && !isIn(right - 1)) right--;
  const width = right - left;
  if (width <= 0) return [];
  const { y, height } = rows;
  return [{ x: left, y, width, height, classes, data: new Float32Array(classes * width * height).fill(Number.NaN) }];
}

/** Sets channels to 0 outside a mask, in place, where there are scores. */
function cleared(rows: ScoreRows, mask: Uint8Array, across: Span, channels: readonly number[]): ScoreRows {
  for (const { x, y, width, height, data } of rows.blocks) {
    const plane = width * height;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const at = row * width + column;
        if (mask[(y - rows.y + row) * across.length + x - across.start + column] === 1 || Number.isNaN(data[at]!)) continue;
        for (const channel of channels) data[channel * plane + at] = 0;
      }
  }
  return rows;
}
