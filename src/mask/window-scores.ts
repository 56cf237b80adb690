import { csvCell } from '../plan/text/csv.js';
import type { Box, MaskClass } from '../types.js';

/** The scores of one window of a classifier. */
export interface ScoredWindow {
  readonly id: string;
  /** What the window sees of the slide, in level-0 pixels. */
  readonly box: Box;
  /** One probability a channel. */
  readonly probabilities: readonly number[];
  /** The class of the window; undefined if it is background. */
  readonly class: MaskClass | undefined;
}

/** The pieces of a text file of windows: `head`, the windows with `between` between them, and `tail`. */
export interface WindowScoreText {
  readonly head: string;
  readonly between: string;
  readonly tail: string;
  window(window: ScoredWindow): string;
}

/**
 * CSV as WSInfer writes it: `minx,miny,width,height` in level-0 pixels, and a column `prob_<name>` for each channel.
 *
 * @param channels names of the channels
 */
export function windowCsv(channels: readonly string[]): WindowScoreText {
  return {
    head: `minx,miny,width,height,${channels.map((name) => csvCell(`prob_${name}`)).join(',')}\n`,
    between: '\n',
    tail: '\n',
    window: ({ box: { x, y, width, height }, probabilities }) => [x, y, width, height, ...probabilities.map(short)].join(','),
  };
}

/**
 * GeoJSON for QuPath: a tile for each window, with its class and its probabilities as measurements. Tiles show in QuPath's
 * measurement maps.
 *
 * @param channels names of the channels
 */
export function windowGeojson(channels: readonly string[]): WindowScoreText {
  return {
    head: '{"type":"FeatureCollection","features":[\n',
    between: ',\n',
    tail: '\n]}\n',
    window({ id, box: { x, y, width, height }, probabilities, class: found }) {
      const [right, bottom] = [x + width, y + height];
      const ring = [
        [x, y],
        [right, y],
        [right, bottom],
        [x, bottom],
        [x, y],
      ];
      const properties = {
        objectType: 'tile',
        ...(found && { classification: { name: found.name, color: found.color } }),
        measurements: Object.fromEntries(channels.map((name, i) => [`prob_${name}`, Number(short(probabilities[i]!))])),
      };
      return JSON.stringify({ type: 'Feature', id, geometry: { type: 'Polygon', coordinates: [ring] }, properties });
    },
  };
}

/** The shortest text that is the same float32 number. */
function short(value: number): string {
  const exact = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(exact.toPrecision(digits));
    if (Math.fround(text) === exact) return String(text);
  }
  return String(Number(exact.toPrecision(9)));
}
