import { basename } from 'node:path';
import { SegtileError } from '../errors.js';
import type { CommitOptions } from '../io/partial-file.js';
import { channelNames, formatScoreMap, type ScoreMap } from '../plan/scores/score-map.js';
import { scorePlanes } from '../plan/scores/score-planes.js';
import type { GeoTags } from '../tiff/geo.js';
import { deflateCodec } from '../tiff/write/tile-codec.js';
import { writePlanes } from '../tiff/write/write.js';
import type { Mpp, ScoreRows, Sink, Size } from '../types.js';
import { omeXml } from './ome-xml.js';

/** The contents of a file of probabilities. */
export interface ProbabilityMap extends CommitOptions {
  /** Size of the image of scores, in px. */
  readonly size: Size;
  /** Size of one of these pixels in micrometres, if known. */
  readonly mpp?: Mpp | undefined;
  /** The georeference, in pixels of the file. */
  readonly geo?: GeoTags | undefined;
  /** What the channels mean, and how the file stores them. */
  readonly map: ScoreMap;
}

/** Side of a tile, in px. It is smaller than in masks because two rows of tiles are in memory for every class. */
const tile = 256;

/**
 * Writes probabilities as a tiled, pyramidal OME-TIFF (BigTIFF). Each channel of the scores is one directory and has
 * the name of its class. Levels are in SubIFDs and made by the mean. `uint8` stores `round(255 p)`, `float32` stores
 * `p`. Pixels that no window covered are NaN in `float32` and 0 in `uint8`. The caller may reuse the memory of scores
 * as soon as `write` has returned its promise. See {@link writePlanes} for the memory it needs and what is left after
 * errors.
 *
 * @throws {SegtileError} `usage` for a name that does not end in .ome.tif; `model` for a score that is not a
 *   probability; `output` when the file cannot be written
 */
export async function writeProbabilityMap(
  path: string,
  { size, mpp, geo, map, replace }: ProbabilityMap,
): Promise<Sink<ScoreRows>> {
  if (!/\.ome\.tiff?$/i.test(path)) {
    throw new SegtileError('usage', `expected a name that ends in .ome.tif for probabilities but got ${path}`);
  }
  const { classes, labels, samples } = map;
  const channels = channelNames(map).map((name, channel) => {
    const color = classes.find(({ label }) => label === labels[channel])?.color;
    return color === undefined ? { name } : { name, color };
  });
  const annotation = { namespace: 'segtile/probabilities', value: formatScoreMap(map) };
  const layout = {
    size,
    mpp,
    geo,
    channels: 1,
    samples,
    tile,
    codec: deflateCodec('samples'),
    reduce: 'mean',
    levels: 'subifd',
    description: omeXml({ name: basename(path), size, mpp, samples, channels, annotation }),
    software: 'segtile',
    replace,
  } as const;
  const sink = await writePlanes(path, layout, channels.length);
  return { ...sink, write: async (rows) => sink.write(scorePlanes(rows, size.width, channels.length, samples)) };
}
