import { SegtileError } from '../errors.js';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { sharp } from '../io/sharp.js';
import type { Pixels, Rgb, ScoreRows, Sink, Size } from '../types.js';
import { type HeatColors, heatColors } from './heat-colors.js';
import { writtenLine } from './preview/legend.js';
import { type DrawnScaleBar, scaleBar } from './scale-bar.js';

/** What a heatmap shows, and how. */
export interface Heatmap extends CommitOptions {
  /** Size of the image of probabilities, in px. */
  readonly size: Size;
  /** Which channel of the probabilities is shown, and the name of its class. */
  readonly channel: number;
  readonly name: string;
  /** The longest side of the picture, in px. It is never larger than the image. */
  readonly longest: number;
  readonly colors: HeatColors;
  /** Micrometres per pixel of the image; with it the picture has a scale bar. */
  readonly um?: number | undefined;
}

/** The size of a heatmap without the strip below it. */
export function heatmapSize({ size: { width, height }, longest }: Pick<Heatmap, 'size' | 'longest'>): Size {
  const scale = Math.min(1, longest / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Writes a PNG of the probabilities of one class, in colours, with a colour bar and a scale bar below. Each pixel is
 * the mean of the probabilities whose centres lie in it. Where no window was run, the picture is transparent. Takes
 * rows from top to bottom; memory holds four bytes for each pixel of the picture.
 *
 * @throws {SegtileError} `output` if the file cannot be written; `aborted` after `abort`
 */
export async function writeHeatmap(path: string, map: Heatmap): Promise<Sink<ScoreRows>> {
  const { size, channel, colors, replace } = map;
  const target = heatmapSize(map);
  const file = await openPartialFile(path, { replace });
  const palette = heatColors(colors);
  const picture = new Uint8Array(4 * target.width * target.height);
  const columns = Int32Array.from({ length: size.width }, (_, x) => binOf(x, size.width, target.width));
  const sums = new Float64Array(target.width);
  const counts = new Int32Array(target.width);
  let row = 0;
  let next = 0;

  /** Colours the row that is complete, and begins the next one. */
  function endRow(): void {
    for (let x = 0, at = 4 * row * target.width; x < target.width; x++, at += 4) {
      if (counts[x] === 0) continue;
      const value = Math.round(255 * Math.min(1, Math.max(0, sums[x]! / counts[x]!)));
      picture.set(palette[value]!, at);
      picture[at + 3] = 255;
    }
    sums.fill(0);
    counts.fill(0);
    row++;
  }

  function add({ y, height, blocks }: ScoreRows): void {
    for (let line = 0; line < height; line++) {
      while (binOf(y + line, size.height, target.height) > row) endRow();
      for (const { x, width, height: rows, data } of blocks) {
        const from = (channel * rows + line) * width;
        for (let i = 0; i < width; i++) {
          const value = data[from + i]!;
          if (Number.isNaN(value)) continue;
          const bin = columns[x + i]!;
          sums[bin]! += value;
          counts[bin]!++;
        }
      }
      next = y + line + 1;
    }
  }

  async function finish(): Promise<void> {
    if (next !== size.height) throw new SegtileError('usage', `expected ${size.height} rows for ${path} but got ${next}`);
    endRow();
    const scale = map.um === undefined ? undefined : scaleBar(target.width, (map.um * size.width) / target.width);
    const strip = await colorBar(target.width, map.name, palette, scale);
    const data = strip ? Buffer.concat([picture, strip.data]) : picture;
    const height = target.height + (strip?.height ?? 0);
    const png = await sharp(data, { raw: { width: target.width, height, channels: 4 } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    await file.append(png);
    await file.commit();
  }

  let finishing: Promise<void> | undefined;
  return {
    write: async (rows) => add(rows),
    finish: () => {
      finishing ??= finish().catch(async (thrown) => {
        await file.discard();
        throw thrown;
      });
      return finishing;
    },
    abort: () => file.discard(),
  };
}

/** The pixel of the picture in which the centre of a pixel of the image lies. */
function binOf(at: number, length: number, bins: number): number {
  return Math.min(bins - 1, Math.floor(((at + 0.5) * bins) / length));
}

const MARGIN = 14;
const BAR = { width: 160, height: 16 } as const;
const LINE = 34;
/** A narrower picture has no strip. */
const LEAST_WIDTH = 2 * MARGIN + BAR.width;

/**
 * A white strip with the name of the class, the colours from 0 to 1 and a scale bar: two lines where one is too short.
 * Undefined if the picture is too narrow.
 */
async function colorBar(
  width: number,
  name: string,
  palette: readonly Rgb[],
  scale: DrawnScaleBar | undefined,
): Promise<Pixels | undefined> {
  if (width < LEAST_WIDTH) return undefined;
  const [zero, one, title, length] = await Promise.all(
    ['0', '1', name, scale?.text].map((text) => (text === undefined ? undefined : writtenLine(text, width - 2 * MARGIN))),
  );
  const colors = barOf(BAR.width, BAR.height, (x) => palette[Math.round((255 * x) / (BAR.width - 1))]!);
  const ruler = scale && barOf(scale.length, 6, () => [0, 0, 0]);
  const groups = [[title], [zero, colors, one], [ruler, length]].map((group) =>
    group.filter((part): part is Pixels => part !== undefined),
  );
  const placed: { readonly part: Pixels; readonly x: number; readonly line: number }[] = [];
  let [x, line] = [MARGIN, 0];
  for (const group of groups) {
    const needed = group.reduce((sum, part) => sum + part.width + GAP, 0);
    if (x > MARGIN && x + needed - GAP > width - MARGIN) [x, line] = [MARGIN, line + 1];
    for (const part of group) {
      placed.push({ part, x, line });
      x += part.width + GAP;
    }
    x += 2 * GAP;
  }
  const height = (line + 1) * LINE;
  const data = new Uint8Array(4 * width * height).fill(255);
  for (const { part, x: left, line: on } of placed) {
    const top = Math.round(on * LINE + (LINE - part.height) / 2);
    for (let row = Math.max(0, -top); row < Math.min(part.height, height - top); row++) {
      for (let column = 0; column < Math.min(part.width, width - left); column++) {
        const from = 3 * (row * part.width + column);
        data.set(part.data.subarray(from, from + 3), 4 * ((top + row) * width + left + column));
      }
    }
  }
  return { width, height, channels: 4, data };
}

const GAP = 8;

function barOf(width: number, height: number, color: (x: number) => Rgb): Pixels {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(color(x), 3 * (y * width + x));
  return { width, height, channels: 3, data };
}
