import { SegtileError } from '../../errors.js';
import type { PlaneRows, ScoreRows } from '../../types.js';

/** How a probability `p` is stored: as it is (`float32`), or as `round(255 p)` (`uint8`). */
export type ProbabilityType = 'uint8' | 'float32';

/**
 * How far a score may lie outside 0 to 1: the weighted mean, in float32, of probabilities of 1 can come out slightly
 * above 1.
 */
const SLACK = 1e-4;

/**
 * Final probabilities as full-width rows, one plane for each channel, in new memory. Pixels that no window covered
 * are NaN, or 0 as `uint8`.
 *
 * @param width of the image, in px
 * @throws {SegtileError} `model` for a score outside 0 to 1, which `uint8` cannot store
 */
export function scorePlanes(rows: ScoreRows, width: number, channels: number, type: ProbabilityType): PlaneRows {
  const { y, height } = rows;
  return Array.from({ length: channels }, (_, channel) => {
    const data = type === 'uint8' ? new Uint8Array(width * height) : new Float32Array(width * height).fill(Number.NaN);
    for (const block of rows.blocks) {
      const plane = block.width * block.height;
      const scores = block.data.subarray(channel * plane, (channel + 1) * plane);
      for (let row = 0; row < block.height; row++) {
        const to = (block.y - y + row) * width + block.x;
        const line = scores.subarray(row * block.width, (row + 1) * block.width);
        const bad = data instanceof Uint8Array ? toBytes(line, data, to) : toFloats(line, data, to);
        if (bad !== undefined) throw noProbability(line[bad]!, channel, block.x + bad, block.y + row);
      }
    }
    return { y, width, height, channels: 1, data };
  });
}

/** @returns the index of the first score that is not a probability, if there is one */
function toBytes(line: Float32Array, out: Uint8Array, to: number): number | undefined {
  let [least, most] = [0, 1];
  for (let i = 0; i < line.length; i++) {
    const score = line[i]!;
    if (score < least) least = score;
    if (score > most) most = score;
    // A Uint8Array cuts off the fraction and stores NaN as 0. The cap at 255 is for scores above 1 within SLACK.
    out[to + i] = Math.min(score * 255 + 0.5, 255);
  }
  const isBad = (score: number): boolean => score < -SLACK || score > 1 + SLACK;
  return isBad(least) || isBad(most) ? line.findIndex(isBad) : undefined;
}

function toFloats(line: Float32Array, out: Float32Array, to: number): undefined {
  // Every NaN is replaced by the same NaN, because the sign bit of 0 / 0 depends on the processor.
  for (let i = 0; i < line.length; i++) out[to + i] = Number.isNaN(line[i]!) ? Number.NaN : line[i]!;
}

function noProbability(score: number, channel: number, x: number, y: number): SegtileError {
  return new SegtileError(
    'model',
    `the score of channel ${channel} at working pixel (${x}, ${y}) is ${score}, which is not a probability`,
    'give the --activation that makes probabilities of it, or write --probabilities float32, which keeps any number',
  );
}

/** The probability that each byte value stands for: `byte / 255` as float32. */
export const PROBABILITY_OF_BYTE: Float32Array = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
/** Row `y` of the image in one channel of scores, `width` values; NaN for pixels that no window covered. */
export function scoreLine({ blocks }: ScoreRows, channel: number, y: number, width: number): Float32Array {
  const [only, ...more] = blocks;
  const part = ({ y: top, width: wide, height, data }: (typeof blocks)[number]): Float32Array => {
    const start = channel * wide * height + (y - top) * wide;
    return data.subarray(start, start + wide);
  };
  if (only && more.length === 0 && only.width === width) return part(only);
  const line = new Float32Array(width).fill(Number.NaN);
  for (const block of blocks) line.set(part(block), block.x);
  return line;
}
