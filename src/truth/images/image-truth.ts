import { SegtileError } from '../../errors.js';
import { type ConnectedRegion, labelRuns, trackRegions } from '../../plan/labels/connected.js';
import { IGNORED } from '../../plan/labels/ignored.js';
import { firstShowing, nearest } from '../../plan/labels/stretch.js';
import { levelFactor } from '../../plan/resolution/level-factor.js';
import type { Band, BandRun, Size, Span, SpanningSize } from '../../types.js';
import { requireSameShape, stretchNotes } from '../aspect.js';
import { bandHeight } from '../band-height.js';
import type { TruthConfig } from '../config.js';
import type { LabelView, Truth, TruthObject } from '../truth.js';
import type { LabelImage, ValueBand } from './label-image.js';
import { majorityView, type Spanning, shrinks } from './majority-view.js';
import { type Labels, labelsOfImage } from './values.js';

/**
 * The most rows and pixels in one band: a view that is much larger than its image must not be made in one piece.
 */
/**
 * The truth that an image of labels holds. The image shows the whole slide, at any size: it is enlarged by nearest
 * neighbour and shrunk by majority.
 *
 * @param slide level 0, in pixels
 * @throws {SegtileError} `input` if the image has another shape than the slide, or is more than 64 times smaller or
 *   larger
 */
export function imageTruth(image: LabelImage, slide: Size, config: TruthConfig): Truth {
  requireSameShape(image.path, image, slide, config.region?.what);
  const labels = labelsOfImage(image, config);
  const { spans } = levelFactor(slide, image);
  const whole = { ...image, spans };
  return {
    path: image.path,
    kind: 'label image',
    classes: config.classes,
    notes: [...stretchNotes(image.path, image, slide), ...(image.notes ?? []).map((note) => `${image.path}: ${note}`)],
    view: (size) => {
      // If both have one size, each pixel of the view is one pixel of the image.
      if (image.width === size.width && image.height === size.height) return imageView(whole, labels, whole);
      return shrinks(image, size) ? majorityView(imageView(whole, labels, whole), spans, size) : imageView(whole, labels, size);
    },
    objects: (signal) => imageObjects(whole, labels, slide, signal),
    close: () => image.close(),
    [Symbol.asyncDispose]: () => image.close(),
  };
}

/** A size, and how many of its pixels the slide covers. */
type SpanningImage = LabelImage & Spanning;

/** Nearest neighbour, pixel centre to pixel centre; see `nearest`. */
function imageView(image: SpanningImage, labels: Labels, { spans, ...whole }: SpanningSize): LabelView {
  const size = { width: whole.width, height: whole.height, spans: spans ?? whole };
  const [from, to] = [image.spans.height, size.spans.height];
  const count = { from: image.height, to: size.height };
  const step = bandHeight(size.width);
  const row = (y: number) => nearest(y, from, to, image.height);
  return {
    ...size,
    async *readBands(rows, columns, signal) {
      const end = Math.min(rows.start + rows.length, size.height);
      if (rows.start >= end) return;
      const source = { start: row(rows.start), length: row(end - 1) + 1 - row(rows.start) };
      const wanted = (span: Span) => {
        const first = Math.max(firstShowing(span.start, from, to, count), rows.start);
        const last = Math.min(firstShowing(span.start + span.length, from, to, count), end);
        return first < last ? sourceColumns(columns({ start: first, length: last - first }), image, size) : [];
      };
      let y = rows.start;
      for await (const band of image.readBands(source, wanted, signal)) {
        while (y < end && row(y) < band.y + band.height) {
          let stop = y + 1;
          while (stop < end && stop - y < step && row(stop) < band.y + band.height) stop++;
          yield showBand(band, { start: y, length: stop - y }, columns, image, size, labels);
          y = stop;
        }
      }
    },
  };
}

/** The columns of an image that some columns of a view show; sorted, disjoint. */
function sourceColumns(columns: readonly Span[], image: Spanning, { width, spans: { width: to } }: Spanning): Span[] {
  const spans: { start: number; length: number }[] = [];
  for (const { start, length } of columns) {
    const first = Math.max(start, 0);
    const last = Math.min(start + length, width) - 1;
    if (last < first) continue;
    const left = nearest(first, image.spans.width, to, image.width);
    const right = nearest(last, image.spans.width, to, image.width) + 1;
    const before = spans.at(-1);
    if (before !== undefined && left <= before.start + before.length) before.length = right - before.start;
    else spans.push({ start: left, length: right - left });
  }
  return spans;
}

function showBand(
  band: ValueBand,
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  image: Spanning,
  size: Spanning,
  labels: Labels,
): Band {
  const { start: y, length: height } = rows;
  const runs: BandRun[] = [];
  for (const span of columns(rows)) {
    const x = Math.max(span.start, 0);
    const width = Math.min(span.start + span.length, size.width) - x;
    if (width <= 0) continue;
    const first = nearest(x, image.spans.width, size.spans.width, image.width);
    // The columns lie together, so one run holds them all.
    const run = band.runs.find((each) => each.x <= first && first < each.x + each.width)!;
    const offsets = Int32Array.from(
      { length: width },
      (_, i) => nearest(x + i, image.spans.width, size.spans.width, image.width) - run.x,
    );
    const data = new Uint8Array(width * height);
    let shown = -1;
    for (let i = 0; i < height; i++) {
      const row = nearest(y + i, image.spans.height, size.spans.height, image.height) - band.y;
      const at = i * width;
      if (row === shown) data.copyWithin(at, at - width, at);
      else labels.pick(run, band.y, row, offsets, data, at);
      shown = row;
    }
    runs.push({ x, pixels: { width, height, channels: 1, data } });
  }
  return { y, height, runs };
}

async function* imageObjects(
  image: SpanningImage,
  labels: Labels,
  slide: Size,
  signal?: AbortSignal,
): AsyncGenerator<TruthObject> {
  const across = slide.width / image.spans.width;
  const down = slide.height / image.spans.height;
  const whole = { start: 0, length: image.width };
  const offsets = Int32Array.from({ length: image.width }, (_, x) => x);
  let found: ConnectedRegion[] = [];
  const tracker = trackRegions(8, (region) => found.push(region));
  const line = new Uint8Array(image.width);
  const levelZero = ({ label, box, area }: ConnectedRegion): TruthObject => {
    const x = Math.floor(box.x * across);
    const y = Math.floor(box.y * down);
    const right = Math.min(Math.ceil((box.x + box.width) * across), slide.width);
    const bottom = Math.min(Math.ceil((box.y + box.height) * down), slide.height);
    return { label, box: { x, y, width: right - x, height: bottom - y }, area: area * across * down };
  };
  for await (const band of image.readBands({ start: 0, length: image.height }, () => [whole], signal)) {
    const run = band.runs[0];
    if (run === undefined) throw new SegtileError('input', `${image.path} gave no pixels for row ${band.y}`);
    for (let row = 0; row < band.height; row++) {
      labels.pick(run, band.y, row, offsets, line, 0);
      for (let x = 0; x < line.length; x++) if (line[x] === IGNORED) line[x] = 0;
      tracker.line(labelRuns(line));
    }
    yield* found.map(levelZero);
    found = [];
  }
  tracker.finish();
  yield* found.map(levelZero);
}
