import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, inflateRaw } from 'node:zlib';
import { emptyLabelCount } from '../plan/labels/labels.js';
import { PROBABILITY_OF_BYTE } from '../plan/scores/score-planes.js';
import type { Box, RasterRows, ScoreBlock, ScoreRows } from '../types.js';
import type { ScoreKind, Strip, WindowFacts } from './strip.js';

const deflate = promisify<Uint8Array, object, Buffer>(deflateRaw);
const inflate = promisify<Uint8Array, Buffer>(inflateRaw);

/** Labels form long runs. This strategy of zlib finds only runs, and takes half the time of the others. */
const RUNS = { level: 1, strategy: constants.Z_RLE };
const FAST = { level: 1 };

/** A strip or facts about windows in the form of a frame: the text and the body; see `frames.ts`. */
export interface Coded {
  readonly meta: StripMeta | WindowMeta;
  readonly body: readonly Uint8Array[];
}

/** The text of a strip's frame. */
export interface StripMeta extends Pick<Strip, 'kind' | 'y' | 'height' | 'inside'> {
  readonly covered: number;
  /** Number of pixels of each label that occurs. */
  readonly pixels: readonly (readonly [label: number, pixels: number])[];
  /** Length of the packed labels in bytes; null if there are none. */
  readonly labels: number | null;
  /** The blocks of scores and the length of each in bytes; null if there are no scores. */
  readonly scores: { readonly kind: ScoreKind; readonly classes: number; readonly blocks: readonly BlockMeta[] } | null;
}

interface BlockMeta {
  readonly x: number;
  readonly width: number;
  readonly whole: boolean;
  readonly bytes: number;
}

/** The text of the frame for facts about windows. */
export interface WindowMeta extends Omit<WindowFacts, 'found'> {
  readonly found: boolean;
}

/** Labels as a file of strips keeps them, for a thread that may wait for them. */
export function packLabels(labels: Uint8Array): Uint8Array {
  return deflateRawSync(labels, RUNS);
}

/**
 * Encodes a strip for a file. Labels are packed. Scores are stored unchanged (`float32`), or as packed bytes of
 * `round(255 p)` (`uint8`). Labels must stay unchanged until the promise resolves, and scores until the result is
 * written, because it may share their memory.
 */
export async function codeStrip(strip: Strip, kind: ScoreKind): Promise<Coded> {
  const { y, height, inside, count, labels, scores } = strip;
  const packed = labels && (strip.packed ?? deflate(labels.data, RUNS));
  const blocks = scores?.blocks.map((block) => ({ block, bytes: kind === 'float32' ? asBytes(block.data) : rounded(block) }));
  const bodies = await Promise.all(
    (blocks ?? []).map(async ({ bytes }) => (kind === 'float32' ? bytes : await deflate(bytes, FAST))),
  );
  const own = await packed;
  const meta: StripMeta = {
    kind: 'strip',
    y,
    height,
    inside,
    covered: count.covered,
    pixels: [...count.perLabel].flatMap((pixels, label) => (pixels === 0 ? [] : [[label, pixels] as const])),
    labels: own?.length ?? null,
    scores: blocks
      ? {
          kind,
          classes: blocks[0]?.block.classes ?? 0,
          blocks: blocks.map(({ block: { x, width, whole = false } }, i) => ({ x, width, whole, bytes: bodies[i]!.length })),
        }
      : null,
  };
  return { meta, body: [...(own ? [own] : []), ...bodies] };
}

/**
 * Decodes a strip that {@link codeStrip} encoded; it is as wide as `piece`. Scores that were stored as bytes come back
 * rounded to `p8 / 255`, and as 0 for pixels without scores.
 */
export async function decodeStrip(meta: StripMeta, body: Uint8Array, piece: Pick<Box, 'width'>): Promise<Strip> {
  const { y, height, inside, covered, pixels } = meta;
  const count = { ...emptyLabelCount(), covered };
  for (const [label, own] of pixels) count.perLabel[label] = own;
  const { width } = piece;
  const data = meta.labels === null ? undefined : await inflate(body.subarray(0, meta.labels));
  const labels: RasterRows | undefined = data && { y, width, height, channels: 1, data: new Uint8Array(data) };
  const scores = meta.scores ? await decodeScores(meta, meta.scores, body.subarray(meta.labels ?? 0)) : undefined;
  return { kind: 'strip', y, height, labels, scores, count, inside };
}

async function decodeScores(
  { y, height }: StripMeta,
  { kind, classes, blocks }: NonNullable<StripMeta['scores']>,
  body: Uint8Array,
): Promise<ScoreRows> {
  const made: ScoreBlock[] = [];
  let at = 0;
  for (const { x, width, whole, bytes } of blocks) {
    const own = body.subarray(at, at + bytes);
    at += bytes;
    const data =
      kind === 'float32' ? asFloats(own) : Float32Array.from(await inflate(own), (byte) => PROBABILITY_OF_BYTE[byte]!);
    made.push({ x, y, width, height, classes, whole: kind === 'float32' && whole, data });
  }
  return { y, height, blocks: made };
}

/** Encodes facts about windows for a file. */
export function codeFacts({ kind, grid, row, nan, found }: WindowFacts): Coded {
  return { meta: { kind, grid, row, nan, found: found !== undefined }, body: found ? [found] : [] };
}

/** Decodes facts that {@link codeFacts} encoded. */
export function decodeFacts({ kind, grid, row, nan, found }: WindowMeta, body: Uint8Array): WindowFacts {
  return { kind, grid, row, nan, found: found ? body : undefined };
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function asFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/**
 * Probabilities as bytes, rounded as in `scorePlanes`. It is `scorePlanes` that refuses values that are not
 * probabilities.
 */
function rounded({ data }: ScoreBlock): Uint8Array {
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = Math.min(data[i]! * 255 + 0.5, 255);
  return bytes;
}
