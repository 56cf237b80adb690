import { shownPath } from '../../io/location.js';
import { createBoxCount } from '../../plan/labels/label-count.js';
import { type Grid, windowsOfRow } from '../../plan/windows/grid.js';
import type { RegionFile } from '../../truth/region.js';
import { slideName } from '../../truth/slide-names.js';
import type { LabelView, Truth } from '../../truth/truth.js';
import type { Box, RasterRows, ScoreRows, Size, SpanningSize, Window } from '../../types.js';
import { viewRows } from '../evaluate/paired-rows.js';

/** The region of interest of a slide. Outside it there are no labels and no scores. */
export interface Region {
  readonly facts: RegionFacts;
  /** Opens it again; the caller closes it. Its view is 1 inside. */
  open(): Promise<Truth>;
}

/** The entry of a record on a region of interest. */
export interface RegionFacts {
  readonly file: string;
  /** Classes that are inside, if classes were named. */
  readonly classes: readonly string[] | null;
  /** Classes that are outside, besides QuPath's `Ignore*`. */
  readonly excluded: readonly string[];
  /** Share of the slide that is inside; and share of the slide that is both inside and tissue, if known. */
  readonly share: number;
  readonly tissueShare: number | null;
}

/** Facts about a region from one pass over it, at the working resolution. */
export interface RegionWindows {
  /** Whether the region touches a window of a grid. Grids are numbered in their order. */
  touches(grid: number, window: Window): boolean;
  /** Share of the pixels that are inside. */
  readonly share: number;
  readonly notes: readonly string[];
}

/** A function that opens the region of a slide. */
export function regionOpener(file: RegionFile, slide: Size & { readonly path: string }, signal: AbortSignal) {
  return async (): Promise<Truth> => {
    // Loaded only when needed, because it loads all readers of truth.
    const { openRegion } = await import('../../truth/region.js');
    return openRegion(file, slide, slideName(slide.path), signal);
  };
}

/** The record entry, without the shares. */
export function regionFacts({ path, within, exclude }: RegionFile): Omit<RegionFacts, 'share' | 'tissueShare'> {
  return { file: shownPath(path), classes: within ?? null, excluded: exclude ?? [] };
}

/** Finds the windows of some grids that touch a region. The result is exact: one pixel is enough. */
export async function regionWindows(
  region: Truth,
  size: SpanningSize,
  grids: readonly Grid[],
  signal: AbortSignal,
): Promise<RegionWindows> {
  const view = region.view(size);
  const counts = grids.map((grid) => createBoxCount(boxesOf(grid), [1], view));
  let inside = 0;
  for await (const { y, height, width, data } of viewRows(view, signal)) {
    const mask = data.map((label) => (label === 1 ? 1 : 0));
    for (const value of mask) inside += value;
    const band = { y, height, runs: [{ x: 0, pixels: { width, height, channels: 1, data: mask } }] };
    for (const count of counts) count.add(band);
  }
  return {
    touches: (grid, { index }) => counts[grid]!.of(index)[0]! > 0,
    share: inside / (view.width * view.height),
    notes: region.notes,
  };
}

function boxesOf(grid: Grid): Box[] {
  return Array.from({ length: grid.rows }, (_, row) => windowsOfRow(grid, row).map(({ box }) => box)).flat();
}

/** Reads rows of a region in step with code that goes down a slide. */
export interface RegionRows {
  /** An array for some rows with 1 for each pixel that is inside. Rows must be asked for from the top, each once. */
  take(y: number, height: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The rows of a region in a view of an image's size. */
export function regionRows(view: LabelView): RegionRows {
  const source = viewRows(view)[Symbol.asyncIterator]();
  let held: RasterRows | undefined;
  return {
    async take(y, height) {
      const { width } = view;
      const rows = new Uint8Array(width * height);
      for (let row = y; row < y + height; ) {
        while (held === undefined || row >= held.y + held.height) held = (await source.next()).value as RasterRows;
        const end = Math.min(y + height, held.y + held.height);
        const part = held.data.subarray((row - held.y) * width, (end - held.y) * width);
        for (let i = 0, at = (row - y) * width; i < part.length; i++, at++) rows[at] = part[i] === 1 ? 1 : 0;
        row = end;
      }
      return rows;
    },
    close: async () => {
      await source.return?.(undefined);
    },
  };
}

/** Sets scores outside a region to NaN, in place, as if no window had been run there. */
export function scoresWithin(rows: ScoreRows, inside: Uint8Array, width: number): ScoreRows {
  const blocks = rows.blocks.map(({ whole: _, ...block }) => {
    const plane = block.width * block.height;
    for (let y = 0; y < block.height; y++) {
      const from = (block.y + y - rows.y) * width + block.x;
      for (let x = 0; x < block.width; x++) {
        if (inside[from + x] === 1) continue;
        for (let at = y * block.width + x; at < block.classes * plane; at += plane) block.data[at] = Number.NaN;
      }
    }
    return block;
  });
  return { ...rows, blocks };
}

/** Sets labels outside a region to 0, in place, and subtracts them from a count of pixels by label. */
export function labelsWithin({ data }: RasterRows, inside: Uint8Array, perLabel?: Float64Array): void {
  for (let i = 0; i < data.length; i++) {
    if (inside[i] === 1 || data[i] === 0) continue;
    if (perLabel) perLabel[data[i]!]!--;
    data[i] = 0;
  }
}
