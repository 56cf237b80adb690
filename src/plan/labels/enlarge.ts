import type { ScoreRows, Size, SpanningSize } from '../../types.js';

/** The most output rows made at once, so that an enlargement by a large factor holds few of them. */
const CHUNK_HEIGHT = 64;

/** For each pixel of a line, the two pixels of a coarser line that it lies between. */
interface Between {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Weight of the second pixel, 0 to 1; the first has the rest. */
  readonly share: Float32Array;
}

/**
 * Resamples final scores to another grid with bilinear interpolation, aligned by pixel centres; beyond the border,
 * the border value continues. If one of the two pixels that a value lies between was covered by no window, the value
 * is that of the nearer one. The input is fed from top to bottom. The output rows follow without gaps, in blocks as
 * wide as the image; their memory is reused.
 *
 * @param from size of the whole input, in pixels; `spans` says how many of its pixels the output covers, perhaps with
 *   a fraction
 * @param to size of the whole output, in pixels
 * @param channels number of channels of the scores
 */
export function scoreEnlarger(from: SpanningSize, to: Size, channels: number): (rows: ScoreRows) => Iterable<ScoreRows> {
  const { spans = from } = from;
  const across = between(from.width, to.width, spans.width);
  const down = between(from.height, to.height, spans.height);
  // Lines of all channels, as wide as the output. Only the rows at hand and the last row before them are kept.
  let lines = new Map<number, Float32Array>();
  const line = new Float32Array(from.width);
  let memory = new Float32Array(0);
  let next = 0;

  function widened(rows: ScoreRows, y: number): Float32Array {
    const wide = new Float32Array(channels * to.width);
    for (let c = 0; c < channels; c++) {
      line.fill(Number.NaN);
      for (const { x, y: top, width, height, data } of rows.blocks) {
        const start = (c * height + y - top) * width;
        line.set(data.subarray(start, start + width), x);
      }
      for (let x = 0, o = c * to.width; x < to.width; x++, o++) {
        wide[o] = mixed(line[across.first[x]!]!, line[across.second[x]!]!, across.share[x]!);
      }
    }
    return wide;
  }

  return function* (rows) {
    const end = rows.y + rows.height;
    const kept = lines.get(rows.y - 1);
    lines = new Map(kept ? [[rows.y - 1, kept]] : []);
    for (let y = rows.y; y < end; y++) lines.set(y, widened(rows, y));
    while (next < to.height && down.second[next]! < end) {
      const y = next;
      while (next < to.height && next - y < CHUNK_HEIGHT && down.second[next]! < end) next++;
      const height = next - y;
      const length = channels * height * to.width;
      if (memory.length < length) memory = new Float32Array(length);
      const data = memory.subarray(0, length);
      for (let row = y; row < next; row++) {
        const [upper, lower] = [lines.get(down.first[row]!)!, lines.get(down.second[row]!)!];
        const share = down.share[row]!;
        for (let c = 0; c < channels; c++) {
          const to0 = (c * height + row - y) * to.width;
          const from0 = c * to.width;
          for (let x = 0; x < to.width; x++) data[to0 + x] = mixed(upper[from0 + x]!, lower[from0 + x]!, share);
        }
      }
      yield { y, height, blocks: [{ x: 0, y, width: to.width, height, classes: channels, data }] };
    }
  };
}

function mixed(a: number, b: number, share: number): number {
  const value = a + (b - a) * share;
  if (!Number.isNaN(value)) return value;
  return share < 0.5 ? a : b;
}

/** @param spans how many of the `from` pixels the `to` pixels cover; it need not be a whole number */
function between(from: number, to: number, spans: number): Between {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const share = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const place = Math.min(Math.max(((i + 0.5) * spans) / to - 0.5, 0), from - 1);
    first[i] = Math.floor(place);
    second[i] = Math.min(first[i]! + 1, from - 1);
    share[i] = place - first[i]!;
  }
  return { first, second, share };
}
