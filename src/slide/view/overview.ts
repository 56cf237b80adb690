import { throwIfAborted } from '../../errors.js';
import { newSamples, typeOf } from '../../tiff/samples/native.js';
import type { Pixels, Samples } from '../../types.js';
import type { ReadLevel, Slide } from '../slide.js';
import { workingView } from './view.js';

/**
 * Reads the whole slide as one small RGB image. Its long side has `maxSide` pixels, or fewer if the slide is smaller.
 * The coarsest level that is large enough is read. A file without a pyramid is read completely, one band at a time.
 *
 * @param onRows called with the number of rows of the overview that are done and the number of all rows
 * @throws {SegtileError} the errors of reading the slide
 */
export async function readOverview(
  slide: Slide,
  maxSide: number,
  signal?: AbortSignal,
  onRows?: (done: number, total: number) => void,
): Promise<Pixels> {
  return (await readWhole(slide, slide.readBands, maxSide, signal, onRows)) as Pixels;
}

/** Like {@link readOverview}, but with samples as the file stores them, or bytes as `read` gives them. */
export async function readWhole(
  slide: Slide,
  read: ReadLevel<Samples>,
  maxSide: number,
  signal?: AbortSignal,
  onRows?: (done: number, total: number) => void,
): Promise<Pixels<Samples>> {
  const downsample = Math.max(1, Math.max(slide.width, slide.height) / maxSide);
  const [width, height] = [slide.width, slide.height].map((side) => Math.max(1, Math.round(side / downsample))) as [
    number,
    number,
  ];
  const view = workingView(slide, { kind: 'size', width, height }, read);
  let whole: Pixels<Samples> | undefined;
  const all = [{ start: 0, length: width }];
  for await (const band of view.readBands({ start: 0, length: height }, () => all, signal)) {
    throwIfAborted(signal);
    for (const { x, pixels } of band.runs) {
      const { channels, data: part } = pixels;
      whole ??= { width, height, channels, data: newSamples(typeOf(part), width * height * channels) };
      for (let row = 0; row < band.height; row++) {
        const from = row * pixels.width * channels;
        whole.data.set(part.subarray(from, from + pixels.width * channels), ((band.y + row) * width + x) * channels);
      }
    }
    band.release?.();
    onRows?.(band.y + band.height, height);
  }
  return whole ?? { width, height, channels: 3, data: new Uint8Array(width * height * 3) };
}
