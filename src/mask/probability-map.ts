import { basename } from 'node:path';
import { SegtileError } from '../errors.js';
import type { CommitOptions } from '../io/partial-file.js';
import { channelNames, formatScoreMap, type ScoreMap } from '../plan/labels/score-map.js';
import { scorePlanes } from '../plan/labels/score-planes.js';
import type { GeoTags } from '../tiff/geo.js';
import { deflateCodec } from '../tiff/write/tile-codec.js';
import { writePlanes } from '../tiff/write/write.js';
import type { Mpp, ScoreRows, Sink, Size } from '../types.js';
import { omeXml } from './ome-xml.js';

/** What a file of probabilities holds. */
export interface ProbabilityMap extends CommitOptions {
  /** Pixels of the image of scores. */
  readonly size: Size;
  /** Physical size of one of them in micrometres, where it is known. */
  readonly mpp?: Mpp | undefined;
  /** Where it lies on the earth, in its own pixels. */
  readonly geo?: GeoTags | undefined;
  /** What the channels stand for, and how the file keeps them. */
  readonly map: ScoreMap;
}

/** Smaller than that of masks: two rows of tiles of every class are in memory. */
const tile = 256;

/**
 * Probabilities: a tiled, pyramidal OME-TIFF (BigTIFF), one directory a channel of the scores with the class as its name, levels in SubIFDs and by
 * mean, which for probabilities is what the coarser pixel has. `uint8` is `round(255 p)`, `float32` the very number. Pixels that no window
 * looked at are NaN, and 0 as `uint8`. Takes scores that are probabilities, whose memory may be used again as soon as `write` has
 * returned its promise; see {@link writePlanes} for memory and for what errors leave behind.
 *
 * @throws {SegtileError} `usage` for a name that does not end in .ome.tif; `model` for a score that is no probability; `output` when
 *   the file cannot be written
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
