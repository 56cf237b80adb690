import { SegtileError } from '../errors.js';
import { parseScoreMap, type ScoreMap } from '../plan/score-map.js';
import { PROBABILITY_OF_BYTE } from '../plan/score-planes.js';
import type { Band, Mpp, Samples, ScoreRows, Size } from '../types.js';
import { openSlide } from './open.js';
import type { Slide } from './slide.js';
import { attribute, plainText, xmlTags } from './xml.js';

/** A file of probabilities, open. */
export interface Probabilities extends Size {
  readonly path: string;
  /** Physical size of a pixel in micrometres, where it is known. */
  readonly mpp: Mpp | undefined;
  /** What the channels stand for. */
  readonly map: ScoreMap;
  /**
   * The probabilities from top to bottom. Those of `uint8` are `p8 / 255`. Pixels that no window looked at are NaN; of `uint8` only where
   * the classes exclude each other, as elsewhere they cannot be told from probabilities of 0.
   *
   * @throws {SegtileError} `input` where the file is damaged, `aborted` when the signal fires
   */
  readScores(signal?: AbortSignal): AsyncGenerator<ScoreRows>;
  /** Lets go of the file. */
  close(): Promise<void>;
}

/** Rows handed on at once: bands of the file are higher, and are held twice while they are taken apart. */
const CHUNK_HEIGHT = 64;

/**
 * Opens a file that `segtile infer --probabilities` wrote.
 *
 * @param path as of a slide
 * @throws {SegtileError} `input` where it is missing, damaged or no such file
 */
export async function openProbabilities(path: string, signal?: AbortSignal): Promise<Probabilities> {
  const slide = await openSlide(path, { signal });
  try {
    const map = mapOf(slide);
    const { read } = slide.channelReader({ count: map.labels.length, samples: map.samples, by: path });
    const { width, height, mpp } = slide;
    return {
      path,
      width,
      height,
      mpp: mpp && { x: mpp.x, y: mpp.y },
      map,
      async *readScores(reading) {
        const everywhere = { start: 0, length: width };
        for await (const band of read(0, { start: 0, length: height }, () => [everywhere], reading)) {
          yield* scoresOf(band, map);
        }
      },
      close: () => slide.close(),
    };
  } catch (error) {
    await slide.close();
    throw error;
  }
}

function mapOf({ path, description = '' }: Slide): ScoreMap {
  let ours = false;
  for (const tag of xmlTags(description)) {
    if (tag.name === 'CommentAnnotation') ours = attribute(tag, 'Namespace') === 'segtile/probabilities';
    if (ours && tag.name === 'Value' && tag.kind === 'open') return parseScoreMap(plainText(tag.text), path);
  }
  throw new SegtileError(
    'input',
    `${path} is not a file of probabilities that segtile wrote`,
    'segtile infer --probabilities uint8 writes one',
  );
}

function* scoresOf({ y, height, runs }: Band<Samples>, { labels, exclusive }: ScoreMap): Generator<ScoreRows> {
  const classes = labels.length;
  for (let top = 0; top < height; top += CHUNK_HEIGHT) {
    const rows = Math.min(CHUNK_HEIGHT, height - top);
    const blocks = runs.map(({ x, pixels }) => {
      const { width } = pixels;
      const samples = pixels.data.subarray(top * width * classes, (top + rows) * width * classes);
      const data = samples instanceof Float32Array ? apart(samples, classes) : fromBytes(samples, classes, exclusive);
      return { x, y: y + top, width, height: rows, classes, data };
    });
    yield { y: y + top, height: rows, blocks };
  }
}

/** Interleaved samples as planes. */
function apart(samples: ArrayLike<number>, classes: number, values?: Float32Array): Float32Array {
  const plane = samples.length / classes;
  const planes = new Float32Array(samples.length);
  for (let c = 0; c < classes; c++) {
    for (let i = 0, from = c, to = c * plane; i < plane; i++, from += classes) {
      planes[to++] = values ? values[samples[from]!]! : samples[from]!;
    }
  }
  return planes;
}

/** Of classes that exclude each other the probabilities come to 1, so where all are 0 no window looked. */
function fromBytes(samples: ArrayLike<number>, classes: number, exclusive: boolean): Float32Array {
  const planes = apart(samples, classes, PROBABILITY_OF_BYTE);
  if (!exclusive) return planes;
  const plane = samples.length / classes;
  for (let i = 0; i < plane; i++) {
    let most = 0;
    for (let at = i; at < planes.length; at += plane) most = Math.max(most, planes[at]!);
    if (most === 0) for (let at = i; at < planes.length; at += plane) planes[at] = Number.NaN;
  }
  return planes;
}
