import type { Band, BandRun, Span } from '../types.js';

/** Reads the rows of one channel as RGB, as `Slide.readBands` does: grey has the same value three times. */
export type ReadChannel = (rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal) => AsyncIterable<Band>;

/**
 * Three channels, read side by side, as red, green and blue. They must be kept in blocks of one size, so that their bands and runs are the
 * same.
 *
 * @throws as the channels do
 */
export async function* mergeChannels(
  channels: readonly [ReadChannel, ReadChannel, ReadChannel],
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  signal?: AbortSignal,
): AsyncGenerator<Band, void, undefined> {
  const readers = channels.map((read) => read(rows, columns, signal)[Symbol.asyncIterator]());
  try {
    for (;;) {
      const bands = await Promise.all(readers.map((reader) => reader.next()));
      if (bands.some(({ done }) => done)) return;
      yield mergeBands(bands.map(({ value }) => value as Band));
    }
  } finally {
    await Promise.allSettled(readers.map((reader) => reader.return?.()));
  }
}

function mergeBands([red, green, blue]: readonly Band[]): Band {
  const runs = red!.runs.map((run, i) => mergeRuns(run, green!.runs[i]!, blue!.runs[i]!));
  return { y: red!.y, height: red!.height, runs };
}

function mergeRuns(red: BandRun, green: BandRun, blue: BandRun): BandRun {
  const { width, height } = red.pixels;
  const [r, g, b] = [red.pixels.data, green.pixels.data, blue.pixels.data];
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 3) {
    data[at] = r[at]!;
    data[at + 1] = g[at]!;
    data[at + 2] = b[at]!;
  }
  return { x: red.x, pixels: { width, height, channels: 3, data } };
}
