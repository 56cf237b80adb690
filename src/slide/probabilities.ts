import { SegtileError } from '../errors.js';
import { parseScoreMap, type ScoreMap } from '../plan/scores/score-map.js';
import { PROBABILITY_OF_BYTE } from '../plan/scores/score-planes.js';
import { attribute, plainText, xmlTags } from '../plan/text/xml.js';
import type { Band, Mpp, Samples, ScoreRows, SpanningSize } from '../types.js';
import type { Georeference } from './formats/georeference.js';
import { ownMpp } from './mpp/mpp.js';
import { openSlide } from './open.js';
import type { Slide } from './slide.js';

/** An open file of probabilities. */
export interface Probabilities extends SpanningSize, AsyncDisposable {
  readonly path: string;
  /** Physical size of a pixel in micrometres, if known. */
  readonly mpp: Mpp | undefined;
  /** The georeference, in pixels of this file. */
  readonly georeference: Georeference | undefined;
  /** What the channels stand for. */
  readonly map: ScoreMap;
  /**
   * The probabilities from top to bottom. Their memory is reused for the next rows. Samples of `uint8` are converted as
   * `p8 / 255`. Pixels that no window covered are NaN. In `uint8` this is only known if the classes exclude each other;
   * otherwise such pixels cannot be told from probabilities of 0.
   *
   * @throws {SegtileError} `input` if the file is damaged, `aborted` when the signal fires
   */
  readScores(signal?: AbortSignal): AsyncGenerator<ScoreRows>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Rows that are given at once. Bands of the file are higher, and would be in memory twice while their channels are
 * separated.
 */
const CHUNK_HEIGHT = 64;

/**
 * Opens a file that `segtile infer --probabilities` wrote.
 *
 * @param path a path or URL, as for a slide
 * @throws {SegtileError} `input` if it is missing, damaged or another kind of file
 */
export async function openProbabilities(path: string, signal?: AbortSignal): Promise<Probabilities> {
  const slide = await openSlide(path, { signal });
  try {
    const map = mapOf(slide);
    const { read } = slide.channelReader({ count: map.labels.length, samples: map.samples, by: path });
    const { width, height, description = '' } = slide;
    const mpp = ownMpp({ description, resolution: undefined });
    return {
      path,
      width,
      height,
      spans: map.spans,
      mpp: mpp && { x: mpp.x, y: mpp.y },
      georeference: slide.georeference,
      map,
      async *readScores(reading) {
        const everywhere = { start: 0, length: width };
        const memory = new Float32Array(width * CHUNK_HEIGHT * map.labels.length);
        for await (const band of read(0, { start: 0, length: height }, () => [everywhere], reading)) {
          yield* scoresOf(band, map, memory);
        }
      },
      close: () => slide.close(),
      [Symbol.asyncDispose]: () => slide.close(),
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
    `${path} is not a file of probabilities that segtile wrote: it does not say what its channels are scores of`,
    'segtile infer --probabilities uint8 writes one; of other programs, segtile objects takes masks, with --classes',
  );
}

/** @param memory holds the planes of a chunk, and is reused for the next chunk */
function* scoresOf(
  { y, height, runs }: Band<Samples>,
  { labels, exclusive }: ScoreMap,
  memory: Float32Array,
): Generator<ScoreRows> {
  const classes = labels.length;
  for (let top = 0; top < height; top += CHUNK_HEIGHT) {
    const rows = Math.min(CHUNK_HEIGHT, height - top);
    let used = 0;
    const blocks = runs.map(({ x, pixels }) => {
      const { width } = pixels;
      const samples = pixels.data.subarray(top * width * classes, (top + rows) * width * classes);
      const data = memory.subarray(used, used + samples.length);
      used += samples.length;
      // The reader gives one of these two types, see `channelReader`.
      if (samples instanceof Float32Array) fromFloats(samples, data, classes);
      else fromBytes(samples as Uint8Array, data, classes, exclusive);
      return { x, y: y + top, width, height: rows, classes, data };
    });
    yield { y: y + top, height: rows, blocks };
  }
}

/** Separates interleaved floats into one plane per class. */
function fromFloats(samples: Float32Array, planes: Float32Array, classes: number): void {
  const plane = samples.length / classes;
  for (let c = 0; c < classes; c++) {
    for (let from = c, to = c * plane; from < samples.length; from += classes) planes[to++] = samples[from]!;
  }
}

/**
 * Separates interleaved bytes into one plane per class. Probabilities of exclusive classes add up to 1; if all are 0,
 * no window covered the pixel.
 */
function fromBytes(samples: Uint8Array, planes: Float32Array, classes: number, exclusive: boolean): void {
  const plane = samples.length / classes;
  for (let c = 0; c < classes; c++) {
    for (let from = c, to = c * plane; from < samples.length; from += classes) {
      planes[to++] = PROBABILITY_OF_BYTE[samples[from]!]!;
    }
  }
  if (!exclusive) return;
  for (let i = 0; i < plane; i++) {
    let most = 0;
    for (let at = i; at < planes.length; at += plane) most = Math.max(most, planes[at]!);
    if (most === 0) for (let at = i; at < planes.length; at += plane) planes[at] = Number.NaN;
  }
}
