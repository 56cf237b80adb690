import { SegtileError } from '../../../errors.js';
import type { HeatColors } from '../../../mask/heat-colors.js';
import { heatmapSize, writeHeatmap } from '../../../mask/heatmap.js';
import { meant } from '../../../plan/text/meant.js';
import type { Size } from '../../../types.js';
import type { Keep } from '../../records/files-and-record.js';
import type { Making, Result } from '../output.js';

/** The options that ask for a picture of the probabilities of a class. */
export interface HeatmapOptions {
  /** The name of the class. */
  readonly heatmap?: string | undefined;
  /** The longest side of the picture, in px. */
  readonly heatmapSize?: number | undefined;
  readonly heatmapColors?: HeatColors | undefined;
}

/** The entry of a record on a heatmap; its size is that of the picture without the colour bar. */
export interface HeatmapFacts extends Size {
  readonly path: string;
  readonly class: string;
  readonly colors: HeatColors;
}

const DEFAULT_SIZE = 2048;

/** @throws {SegtileError} `usage` if the size or the colours of a heatmap are given that is not asked for */
export function requireHeatmap({ heatmap, heatmapSize: size, heatmapColors }: HeatmapOptions): void {
  const flag = size !== undefined ? '--heatmap-size' : heatmapColors !== undefined ? '--heatmap-colors' : undefined;
  if (heatmap !== undefined || flag === undefined) return;
  throw new SegtileError('usage', `${flag} is given without --heatmap`, 'name the class to show with --heatmap');
}

/**
 * Makes a picture of the probabilities of a class over the whole slide.
 *
 * @throws {SegtileError} `usage` if there is no such class
 */
export async function makeHeatmap(
  path: string,
  { scores, classes, slide, replace }: Result,
  { heatmap: name, heatmapSize: longest = DEFAULT_SIZE, heatmapColors: colors = 'viridis' }: HeatmapOptions,
  keep: Keep,
): Promise<Making<HeatmapFacts>> {
  const { size, labels } = scores!;
  const known = classes.find((each) => each.name === name);
  if (known === undefined) {
    const names = classes.map((each) => each.name);
    throw new SegtileError(
      'usage',
      `--heatmap ${name} is none of the classes: ${names.join(', ')}${meant(name!, names)}`,
      'name one of them',
    );
  }
  const { spans = size } = size;
  const um = slide.mpp && (slide.mpp.x * slide.width) / spans.width;
  const map = { size, channel: labels.indexOf(known.label), name: known.name, longest, colors, um, replace };
  const sink = keep(path, await writeHeatmap(path, map));
  return { scores: sink, facts: async () => ({ path, class: known.name, colors, ...heatmapSize(map) }) };
}
