import { shownPath } from '../../io/location.js';
import { createBoxCount } from '../../plan/labels/label-count.js';
import { type Grid, windowsOfRow } from '../../plan/windows/grid.js';
import { slideName } from '../../truth/match.js';
import { openRegion, type RegionFile } from '../../truth/region.js';
import type { LabelView, Truth } from '../../truth/truth.js';
import type { Box, RasterRows, ScoreRows, Size, SpanningSize, Window } from '../../types.js';
import { viewRows } from '../evaluate/paired-rows.js';

/** The region of interest of a slide: outside it nothing is said. */
export interface Region {
  readonly facts: RegionFacts;
  /** Opens it anew; whoever asks closes it. Its view is 1 inside. */
  open(): Promise<Truth>;
}

/** A region of interest in records. */
export interface RegionFacts {
  readonly file: string;
  /** What is inside by its class, where classes were named. */
  readonly classes: readonly string[] | null;
  /** What is outside by its class, besides QuPath's `Ignore*`. */
  readonly excluded: readonly string[];
  /** Share of the slide that is inside, and of the slide that is inside and tissue, where that is known. */
  readonly share: number;
  readonly tissueShare: number | null;
}

/** What of a region is known from one pass over it, at the working resolution. */
export interface RegionWindows {
  /** Whether a window of a grid, in the order of the grids, touches it. */
  touches(grid: number, window: Window): boolean;
  /** Share of the pixels that are inside. */
  readonly share: number;
  readonly notes: readonly string[];
}

/** Opens the region of a slide. */
export function regionOpener(file: RegionFile, slide: Size & { readonly path: string }, signal: AbortSignal) {
  return (): Promise<Truth> => openRegion(file, slide, slideName(slide.path), signal);
}

/** Facts for records, but for the shares. */
export function regionFacts({ path, within, exclude }: RegionFile): Omit<RegionFacts, 'share' | 'tissueShare'> {
  return { file: shownPath(path), classes: within ?? null, excluded: exclude ?? [] };
}

/** Which windows of some grids touch a region: exactly, a pixel is enough. */
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

/** Rows of a region in step with whoever goes down a slide. */
export interface RegionRows {
  /** 1 for each pixel of some rows that is inside. Rows are asked for from the top, each once. */
  take(y: number, height: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The rows of a region as it lies on an image. */
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

/** Scores as if no window had looked outside a region: NaN there, in place. */
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

/** Makes labels outside a region 0, in place, and takes them off a count of pixels by label. */
export function labelsWithin({ data }: RasterRows, inside: Uint8Array, perLabel?: Float64Array): void {
  for (let i = 0; i < data.length; i++) {
    if (inside[i] === 1 || data[i] === 0) continue;
    if (perLabel) perLabel[data[i]!]!--;
    data[i] = 0;
  }
}
