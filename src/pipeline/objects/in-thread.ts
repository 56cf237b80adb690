import type { CommitOptions } from '../../io/partial-file.js';
import { startFiles } from '../../io/threads/start.js';
import type { ObjectForm } from '../../objects/measured.js';
import type { SimplifySettings } from '../../objects/simplify/simplify.js';
import type { LookedAt } from '../../objects/summary.js';
import type { TouchingSettings } from '../../objects/touching/split.js';
import type { RasterRows, ScoreRows, Size } from '../../types.js';
import type { Keep } from '../records/files-and-record.js';
import type { ObjectFacts, ObjectFiles } from './facts.js';
import type { PassingPixels } from './passing-pixels.js';
import type { PassingScores } from './passing-scores.js';

/** The coordinates, measures and form in which objects are written. */
export interface ObjectSettings extends Omit<ObjectForm, 'intensities' | 'numbered' | 'probabilities'> {
  /** Level 0 of the slide, in pixels, and the slide's name. */
  readonly slide: Size & { readonly name: string };
  /** The size of the mask in pixels. */
  readonly size: Size;
  /** The scores that pass by, whose mean and largest value are measured, if there are any. */
  readonly passing?: PassingScores | undefined;
  /** The pixels of the slide to measure; the caller closes them. */
  readonly pixels?: PassingPixels | undefined;
  /** How objects that touch are split. */
  readonly touching?: TouchingSettings | undefined;
  /** How outlines are simplified. */
  readonly simplifying?: SimplifySettings | undefined;
}

/** What the thread begins with. */
export interface ObjectStart {
  readonly files: ObjectFiles;
  readonly form: ObjectForm & Pick<ObjectSettings, 'slide' | 'size'>;
  readonly passing: PassingScores | undefined;
  readonly touching: TouchingSettings | undefined;
  readonly simplifying: SimplifySettings | undefined;
  readonly placement: CommitOptions;
}

/** What the thread is sent: scores before the labels that lie in them, and planes of pixels with the labels. */
export type ObjectMessage =
  | { readonly kind: 'scores'; readonly rows: ScoreRows }
  | { readonly kind: 'labels'; readonly rows: RasterRows; readonly pixels: readonly Float32Array[] | undefined };

/** Writes the objects of a mask to files. */
export interface ObjectSink {
  /** Takes labels of the mask, from top to bottom. */
  write(rows: Pick<RasterRows, 'y' | 'width' | 'height' | 'data'>): Promise<void>;
  /** Takes scores, before the labels that lie in them. Keeps a copy. */
  scores(rows: ScoreRows): Promise<void>;
  /** The facts on what was written. Ends the mask if it has not ended yet. */
  facts(lookedAt: LookedAt): Promise<ObjectFacts>;
}

/** The most bytes of labels that are sent at once. */
const MOST_SENT = 2 ** 22;

/**
 * Finds the objects of a mask in a thread of its own and writes them to files while the rows of the mask arrive. Only
 * objects that are not complete yet, and a few rows that the thread has still to do, are in memory. The files are
 * finished or aborted through `keep`; the first that is finished ends the mask.
 *
 * @throws {SegtileError} `output` if a file cannot be written
 */
export async function objectsInThread(
  keep: Keep,
  files: ObjectFiles,
  { classes, scale, mpp, slide, size, passing, pixels, touching, simplifying }: ObjectSettings,
  { replace }: CommitOptions,
): Promise<ObjectSink> {
  const form = { classes, scale, mpp, slide, size, probabilities: passing !== undefined, intensities: pixels?.names };
  const start: ObjectStart = { files, form, passing, touching, simplifying, placement: { replace } };
  const thread = await startFiles<ObjectMessage, LookedAt, ObjectFacts, readonly string[]>(
    new URL('./thread.js', import.meta.url),
    start,
  );
  const nothing = async (): Promise<void> => undefined;
  for (const [index, file] of thread.files.entries()) keep(thread.told[index]!, { write: nothing, ...file });

  async function planesOf(y: number, height: number): Promise<Float32Array<ArrayBuffer>[] | undefined> {
    if (pixels === undefined) return undefined;
    await pixels.until(y + height);
    const { width } = size;
    const planes = pixels.names.map(() => new Float32Array(thread.memory(4 * width * height), 0, width * height));
    for (let row = 0; row < height; row++) {
      for (const [c, line] of pixels.lines(y + row).entries()) planes[c]!.set(line, row * width);
    }
    return planes;
  }

  return {
    async write({ y, width, height, data }) {
      const most = Math.max(1, Math.floor(MOST_SENT / width));
      for (let from = 0; from < height; from += most) {
        const count = Math.min(most, height - from);
        const labels = new Uint8Array(thread.memory(width * count), 0, width * count);
        labels.set(data.subarray(from * width, (from + count) * width));
        const planes = await planesOf(y + from, count);
        const rows = { y: y + from, width, height: count, channels: 1, data: labels };
        const moved = [labels, ...(planes ?? [])].map(({ buffer }) => buffer);
        await thread.write({ kind: 'labels', rows, pixels: planes }, moved);
      }
    },
    async scores({ y, height, blocks }) {
      const lengths = blocks.map((block) => block.width * block.height * block.classes);
      const memory = thread.memory(4 * lengths.reduce((sum, length) => sum + length, 0));
      let used = 0;
      const copies = blocks.map((block, index) => {
        const data = new Float32Array(memory, 4 * used, lengths[index]!);
        used += data.length;
        data.set(block.data.subarray(0, data.length));
        return { ...block, data };
      });
      await thread.write({ kind: 'scores', rows: { y, height, blocks: copies } }, [memory]);
    },
    facts: (lookedAt) => thread.ask(lookedAt),
  };
}
