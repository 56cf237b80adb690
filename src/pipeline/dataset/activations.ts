import { join } from 'node:path';
import type { Augmentation } from '../../augment/steps.js';
import { SegtileError } from '../../errors.js';
import { IGNORED } from '../../plan/labels/ignored.js';
import { openProbabilities, type Probabilities } from '../../slide/probabilities.js';
import { slideName } from '../../truth/match.js';
import type { MaskClass, Pixels, ScoreRows } from '../../types.js';
import type { SlideTiles } from './split.js';
import type { Survey } from './survey-slide.js';

/** Where in tiles their classes are active. */
export interface Activations {
  /**
   * The activation of the class of a tile, in cells: of the class that has the most pixels of its mask, or of background
   * where there is none.
   *
   * @param tile its index
   */
  of(tile: number, mask: Pixels): Pixels;
}

/** Cells along a side of a tile. A map has fewer places in a tile, as a rule. */
const CELLS = 32;

/** The file of a slide's activation, if copies of its tiles need one. */
export function mapsOf(augmentation: Augmentation | undefined, { slide }: Survey): string[] {
  const folders = augmentation?.steps.flatMap((step) => (step.kind === 'snapmix' ? [step.maps] : [])) ?? [];
  return folders.map((folder) => join(folder, `${slideName(slide.source)}.probabilities.ome.tif`));
}

/**
 * Reads the activation of all tiles of a slide out of a map of `segtile infer --cam --probabilities`, from top to
 * bottom. A cell has the value of the map's pixel below its centre; 0 where no window was run and outside the slide.
 *
 * @throws {SegtileError} `input` if there is no such file, or it lacks a class of the dataset
 */
export async function readActivations(
  path: string,
  { survey, tiles }: SlideTiles,
  classes: readonly MaskClass[],
  signal: AbortSignal,
): Promise<Activations> {
  const maps = await openProbabilities(path, signal);
  try {
    const { labels } = maps.map;
    const channels = labels.length;
    const memory = tiles.map(() => new Uint8Array(CELLS * CELLS * channels));
    const { window, spans, size } = survey;
    const across = placesOf(window.width, spans.width, size.width, maps.spans?.width ?? maps.width, maps.width);
    const down = placesOf(window.height, spans.height, size.height, maps.spans?.height ?? maps.height, maps.height);
    const wanted = new Map<number, { readonly tile: number; readonly cell: number }[]>();
    for (const [tile, { y }] of tiles.entries())
      for (const [cell, place] of down(y).entries()) {
        if (place < 0) continue;
        if (!wanted.has(place)) wanted.set(place, []);
        wanted.get(place)!.push({ tile, cell });
      }
    for await (const rows of maps.readScores(signal))
      for (let y = rows.y; y < rows.y + rows.height; y++) {
        const here = wanted.get(y);
        if (here === undefined) continue;
        const line = lineOf(rows, y, maps.width, channels);
        for (const { tile, cell } of here)
          for (const [column, place] of across(tiles[tile]!.x).entries()) {
            if (place < 0) continue;
            const to = (cell * CELLS + column) * channels;
            for (let c = 0; c < channels; c++) memory[tile]![to + c] = line[place * channels + c]!;
          }
      }
    const channelOf = channelsByLabel(maps, classes);
    return { of: (tile, mask) => activation(memory[tile]!, channels, channelOf(mainLabel(mask))) };
  } finally {
    await maps.close();
  }
}

/** For a tile that begins at a place of the working image: the pixel of the map below each of its cells, -1 outside. */
function placesOf(window: number, spans: number, working: number, mapSpans: number, map: number) {
  return (start: number): number[] =>
    Array.from({ length: CELLS }, (_, cell) => {
      const at = start + ((cell + 0.5) * window) / CELLS;
      return at >= working ? -1 : Math.min(Math.floor((at * mapSpans) / spans), map - 1);
    });
}

/** The probabilities of a row as bytes, by column and channel. */
function lineOf({ y: top, blocks }: ScoreRows, y: number, width: number, channels: number): Uint8Array {
  const line = new Uint8Array(width * channels);
  for (const block of blocks) {
    const plane = block.width * block.height;
    const first = (y - top) * block.width - (block.y - top) * block.width;
    for (let x = 0; x < block.width; x++)
      for (let c = 0; c < channels; c++) {
        const p = block.data[c * plane + first + x]!;
        line[(block.x + x) * channels + c] = Number.isNaN(p) ? 0 : Math.round(255 * p);
      }
  }
  return line;
}

/** The label of the class with the most pixels; 0 if there is no class. */
function mainLabel({ data }: Pixels): number {
  const counts = new Float64Array(256);
  for (const label of data) counts[label]!++;
  counts[0] = 0;
  counts[IGNORED] = 0;
  const most = Math.max(...counts);
  return most === 0 ? 0 : counts.indexOf(most);
}

/** The channel of a label of the dataset; undefined for background that has none. Single classes may be called otherwise. */
function channelsByLabel({ map, path }: Probabilities, classes: readonly MaskClass[]) {
  return (label: number): number | undefined => {
    if (label === 0) return map.labels.includes(0) ? map.labels.indexOf(0) : undefined;
    const wanted = classes.find((each) => each.label === label)!;
    const isSingle = map.classes.length === 1 && classes.length === 1;
    const found = isSingle ? map.classes[0] : map.classes.find(({ name }) => name === wanted.name);
    if (found) return map.labels.indexOf(found.label);
    throw new SegtileError(
      'input',
      `${path} has no activation of the class "${wanted.name}"`,
      `its classes are: ${map.classes.map(({ name }) => name).join(', ')}`,
    );
  };
}

/** One channel; what the largest leaves of 1 for background without a channel. */
function activation(data: Uint8Array, channels: number, channel: number | undefined): Pixels {
  const out = new Uint8Array(CELLS * CELLS);
  for (let i = 0; i < out.length; i++) {
    const all = data.subarray(i * channels, (i + 1) * channels);
    out[i] = channel === undefined ? 255 - Math.max(...all) : all[channel]!;
  }
  return { width: CELLS, height: CELLS, channels: 1, data: out };
}
