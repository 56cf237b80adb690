import { SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import type { Model } from '../../model/card/model.js';
import { openModel } from '../../model/measured/open-model.js';
import { type BoxCount, createBoxCount } from '../../plan/labels/label-count.js';
import { type Grid, windowsOfRow } from '../../plan/windows/grid.js';
import type { Selection } from '../../plan/windows/selection.js';
import type { Slide } from '../../slide/slide.js';
import type { View, ViewChoice } from '../../slide/view/view.js';
import type { Box, ScoreRows, Size, Window } from '../../types.js';
import { type HelperDevice, wholeSlide } from '../infer/scores/whole-slide.js';
import type { GateChoice } from './gate-option.js';

/** How a network judged the windows of a slide, for records. */
export interface JudgedFacts {
  readonly file: string;
  readonly sha256: string;
  /** Micrometres per pixel of its map; null if it looked at the working image of the run. */
  readonly mpp: number | null;
  /** The least probability of each class that counts. */
  readonly least: Readonly<Record<string, number>>;
  readonly window: Size;
  readonly stride: Size;
  /** How many of its own windows it was run on. */
  readonly run: number;
  /** The windows of the run that it judged, those that it denied, and their share. */
  readonly judged: number;
  readonly denied: number;
  readonly share: number;
}

/** The windows of some grids as a network judges them. */
export interface Judged {
  readonly facts: JudgedFacts;
  /** Whether it denies a window of a grid; false for windows that it was not asked about. */
  denies(grid: number, window: Window): boolean;
}

/** The windows in question, and the working image of the run that they lie on, with the choice that it was made by. */
interface Question {
  readonly view: View;
  readonly resolution: ViewChoice;
  readonly asked: readonly Asked[];
}

/** A grid of windows and those of them that are in question. */
export interface Asked {
  readonly grid: Grid;
  readonly selection: Selection;
}

/**
 * Lets a network judge windows. It is run at its own resolution wherever it sees a window in question. A window is denied
 * if at every pixel of the network's map that the window touches, every class that counts stays below its least
 * probability. What the network has no score for denies nothing.
 *
 * @throws {SegtileError} `usage` if the network's classes or resolution do not fit; the errors of its file
 */
export async function judgeWindows(
  { path, least }: GateChoice,
  option: '--gate' | '--veto',
  { view, resolution: shared, asked }: Question,
  device: HelperDevice,
  signal: AbortSignal,
): Promise<Judged> {
  const { model } = await openModel(path, {}, { signal });
  const bounds = boundsOf(model, least, option);
  const { slide } = view;
  const resolution = resolutionOf(model, slide, shared);
  const network = wholeSlide(model, slide, resolution, device, signal, (own) => touchesAsked(own, view, asked));
  const { view: map, geometry } = network;
  const boxes = asked.map(({ grid }) => boxesOn(map, grid, view));
  const counts = boxes.map((each) => createBoxCount(each, [1], map));
  for await (const rows of network.scores()) {
    const data = belowAll(rows, map.width, bounds);
    const band = {
      y: rows.y,
      height: rows.height,
      runs: [{ x: 0, pixels: { ...map, channels: 1, height: rows.height, data } }],
    };
    for (const count of counts) count.add(band);
  }
  const denies = (grid: number, { index }: Window): boolean => isFull(counts[grid]!, boxes[grid]![index]!, index);
  const windows = asked.flatMap(({ grid, selection }, at) =>
    Array.from({ length: grid.rows }, (_, row) => selection.kept(row).map((window) => denies(at, window))).flat(),
  );
  const denied = windows.filter(Boolean).length;
  return {
    denies: (grid, window) => !asked[grid]!.selection.isSkipped(window) && denies(grid, window),
    facts: {
      file: shownPath(path),
      sha256: model.sha256,
      mpp: model.mpp ?? null,
      least: Object.fromEntries(bounds.map(({ name, bound }) => [name, bound])),
      window: geometry.window,
      stride: geometry.stride,
      run: network.windows,
      judged: windows.length,
      denied,
      share: windows.length === 0 ? 0 : Number((denied / windows.length).toFixed(6)),
    },
  };
}

/** A class that counts: its channel, and the least probability. */
interface Bound {
  readonly name: string;
  readonly channel: number;
  readonly bound: number;
}

function boundsOf({ classes, labels, path }: Model, least: GateChoice['least'], option: string): Bound[] {
  const listed = classes.map(({ name }) => name).join(', ');
  const [only] = classes;
  if (typeof least === 'number') {
    if (classes.length === 1) return [{ name: only!.name, channel: labels.indexOf(only!.label), bound: Math.fround(least) }];
    throw new SegtileError(
      'usage',
      `${path} has ${classes.length} classes, and ${option} does not say which counts: ${listed}`,
      `write it like ${option} ${path}:${only!.name}=${least}`,
    );
  }
  return [...least].map(([name, bound]) => {
    const found = classes.find((each) => each.name === name);
    if (found) return { name, channel: labels.indexOf(found.label), bound: Math.fround(bound) };
    throw new SegtileError('usage', `${path} has no class "${name}" for ${option}`, `its classes are: ${listed}`);
  });
}

/** The network's own resolution, or that of the run if the network states none, as for models of an ensemble. */
function resolutionOf({ mpp, path }: Model, slide: Slide, shared: ViewChoice): ViewChoice {
  if (mpp === undefined) return shared;
  if (slide.mpp !== undefined) return { kind: 'mpp', mpp };
  throw new SegtileError(
    'usage',
    `${path} judges windows at ${mpp} µm per pixel, but ${slide.path} does not say how large its pixels are`,
    'give the size of a level-0 pixel with --slide-mpp, for example --slide-mpp 0.5',
  );
}

/** A window in px of the network's map: all pixels that it touches, inside the map. */
function boxesOn(map: View, grid: Grid, view: View): Box[] {
  const scale = { x: map.spans.width / view.spans.width, y: map.spans.height / view.spans.height };
  const along = (start: number, length: number, by: number, most: number) => {
    const from = Math.min(Math.max(0, Math.floor(start * by + EDGE)), most - 1);
    return { from, length: Math.max(1, Math.min(most, Math.ceil((start + length) * by - EDGE)) - from) };
  };
  return Array.from({ length: grid.rows }, (_, row) =>
    windowsOfRow(grid, row).map(({ box }): Box => {
      const x = along(box.x, box.width, scale.x, map.width);
      const y = along(box.y, box.height, scale.y, map.height);
      return { x: x.from, y: y.from, width: x.length, height: y.length };
    }),
  ).flat();
}

/** What rounding may add to a place in px. */
const EDGE = 1e-6;

/** Tells whether a box of the network's map touches a window in question. */
function touchesAsked(map: View, view: View, asked: readonly Asked[]): (box: Box) => boolean {
  // One value for each CELL × CELL px of the map, which may say yes for a few windows too many, and never for one too few.
  const across = Math.ceil(map.width / CELL);
  const down = Math.ceil(map.height / CELL);
  const cells = new Uint8Array(across * down);
  const cellsOf = ({ x, y, width, height }: Box) => ({
    left: Math.max(0, Math.floor(x / CELL)),
    right: Math.min(across, Math.ceil((x + width) / CELL)),
    top: Math.max(0, Math.floor(y / CELL)),
    bottom: Math.min(down, Math.ceil((y + height) / CELL)),
  });
  for (const { grid, selection } of asked) {
    const boxes = boxesOn(map, grid, view);
    for (let row = 0; row < grid.rows; row++)
      for (const { index } of selection.kept(row)) {
        const { left, right, top, bottom } = cellsOf(boxes[index]!);
        for (let y = top; y < bottom; y++) cells.fill(1, y * across + left, y * across + right);
      }
  }
  return (box) => {
    const { left, right, top, bottom } = cellsOf(box);
    for (let y = top; y < bottom; y++) if (cells.subarray(y * across + left, y * across + right).includes(1)) return true;
    return false;
  };
}

const CELL = 16;

/** 1 for each pixel of some full rows where every class that counts is below its bound, else 0. */
function belowAll({ y, height, blocks }: ScoreRows, width: number, bounds: readonly Bound[]): Uint8Array {
  const below = new Uint8Array(width * height);
  for (const block of blocks) {
    const plane = block.width * block.height;
    for (let row = 0; row < block.height; row++)
      for (let column = 0; column < block.width; column++) {
        const at = row * block.width + column;
        if (bounds.every(({ channel, bound }) => block.data[channel * plane + at]! < bound))
          below[(block.y - y + row) * width + block.x + column] = 1;
      }
  }
  return below;
}

/** Whether all pixels of a box were counted. */
function isFull(count: BoxCount, { width, height }: Box, index: number): boolean {
  return count.of(index)[0] === width * height;
}
