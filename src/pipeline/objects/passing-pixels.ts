import { SegtileError } from '../../errors.js';
import type { Measure } from '../../objects/formats/format.js';
import { dot, findersOf, naturalDensities, type Stains, vectorsOf } from '../../plan/stains/stains.js';
import type { Slide } from '../../slide/slide.js';
import { cacheRows } from '../../slide/view/rows.js';
import { workingView } from '../../slide/view/view.js';
import type { Samples, SampleType, Size } from '../../types.js';

/** The pixels of a slide, read in step with the rows of its mask. */
export interface PassingPixels {
  /** The names of the channels. */
  readonly names: readonly string[];
  /** Reads until all rows of the mask before `end` are available. */
  until(end: number): Promise<void>;
  /** The values of each channel in a row, one for each column. Rows must be asked for from top to bottom. */
  lines(row: number): readonly Float32Array[];
  close(): Promise<void>;
}

/**
 * Reads a slide in bands, in step with its mask and at the size of the mask. The channels of a picture are red, green
 * and blue, 0 to 255; those of other slides have the sample values of the file. The amount of a stain is its share of
 * the optical density, `-log10((v + 1) / 256)`, by colour deconvolution (Ruifrok and Johnston 2001).
 *
 * @throws {SegtileError} `usage` if stains are asked for and the slide is not an RGB picture
 */
export function passingPixels(slide: Slide, size: Size, measures: readonly Measure[], signal: AbortSignal): PassingPixels {
  const stains = measures.filter((each): each is Stains => each !== 'intensity');
  const count = slide.picked?.length ?? slide.channels?.length ?? 0;
  if (count > 0 && stains.length > 0)
    throw new SegtileError(
      'usage',
      `--measure ${stains[0]} is for pictures in red, green and blue, but ${slide.path} has channels`,
      'use --measure intensity',
    );
  const reader = count > 0 ? readerOf(slide, count) : undefined;
  const view = workingView<Samples>(slide, { kind: 'size', ...size }, reader?.read ?? slide.readBands);
  const whole = [{ start: 0, length: size.width }];
  const rows = cacheRows(view.readBands({ start: 0, length: size.height }, () => whole, signal));
  const own = measures.includes('intensity') ? (reader?.channels ?? ['Red', 'Green', 'Blue']) : [];
  const amounts = stains.flatMap((each) => stainAmounts(each));
  const lines = [...own, ...amounts].map(() => new Float32Array(size.width));
  let at = -1;
  return {
    names: [...own, ...amounts.map(({ name }) => name)],
    until: (end) => rows.until(end),
    lines(row) {
      if (row === at) return lines;
      at = row;
      rows.forget(row);
      const { x, y, width, channels: count, data } = rows.slab(row, whole[0]!);
      const first = ((row - y) * width - x) * count;
      for (const [c] of own.entries()) {
        const line = lines[c]!;
        for (let i = 0, from = first + c; i < size.width; i++, from += count) line[i] = data[from]!;
      }
      for (const [k, { amount }] of amounts.entries()) {
        const line = lines[own.length + k]!;
        for (let i = 0, from = first; i < size.width; i++, from += count)
          line[i] = amount(data[from]!, data[from + 1]!, data[from + 2]!);
      }
      return lines;
    },
    close: () => rows.close(),
  };
}

/**
 * A reader of the samples as the file stores them. The sample type is not known beforehand, so the largest type that
 * works is used.
 */
function readerOf(slide: Slide, count: number): ReturnType<Slide['channelReader']> {
  const types: readonly SampleType[] = ['float32', 'uint16'];
  for (const samples of types) {
    try {
      return slide.channelReader({ count, samples, by: '--measure intensity' });
    } catch (error) {
      if (!(error instanceof SegtileError)) throw error;
    }
  }
  return slide.channelReader({ count, samples: 'uint8', by: '--measure intensity' });
}

function stainAmounts(stains: Stains) {
  const finders = findersOf(vectorsOf[stains]);
  const names = stains === 'hematoxylin-eosin' ? ['Hematoxylin OD', 'Eosin OD'] : ['Hematoxylin OD', 'DAB OD'];
  return names.map((name, k) => ({
    name,
    amount: (red: number, green: number, blue: number): number =>
      dot(finders[k]!, [naturalDensities[red]!, naturalDensities[green]!, naturalDensities[blue]!]) / Math.LN10,
  }));
}
