import { throwIfAborted } from '../../errors.js';
import { type ConnectedRegion, trackRegions } from '../../plan/labels/connected.js';
import { IGNORED } from '../../plan/labels/ignored.js';
import type { Band, Size, Span, SpanningSize } from '../../types.js';
import { bandHeight } from '../band-height.js';
import type { TruthConfig } from '../config.js';
import { majorityView, shrinks } from '../images/majority-view.js';
import type { LabelView, Truth, TruthObject } from '../truth.js';
import { shapeIndex } from './shape-index.js';
import { type Canvas, type Extent, type LabelShape, type PixelColumns, paint } from './shapes.js';

/** The shapes of a file, and how to read them. */
export interface ShapeFile {
  readonly path: string;
  readonly kind: string;
  /** Level 0 of the slide, in pixels. */
  readonly slide: Size;
  readonly config: TruthConfig;
  /** In the order of the file. */
  readonly shapes: readonly LabelShape[];
  /** See `Truth.notes`. */
  readonly notes: readonly string[];
}

/**
 * The truth that shapes make. The shapes are kept in memory; pixels are painted on demand. If shapes overlap, the pixel
 * belongs to the one painted last: the later one in the file, or, with `overlap: classes`, the one of the later class,
 * with background below all classes and ignored regions above them.
 */
export function shapeTruth({ path, kind, slide, config, shapes, notes }: ShapeFile): Truth {
  const painted = config.overlap === 'later' ? shapes : inOrderOfClasses(shapes, config);
  const reaching = shapeIndex(painted, slide.height);
  const grid = gridOf(shapes);
  return {
    path,
    kind,
    classes: config.classes,
    notes,
    view: (size) => {
      const viewAt = (at: SpanningSize): LabelView => shapeView({ shapes: painted, reaching }, at, slide, config.unlabelled);
      return grid && shrinks(grid, size) ? majorityView(viewAt(grid), grid, size) : viewAt(size);
    },
    objects: (signal) => shapeObjects(shapes, slide, signal),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/**
 * The size of the image if all shapes are runs of one image; undefined otherwise. Such runs are an image of labels, and
 * are shrunk like one.
 */
function gridOf(shapes: readonly LabelShape[]): Size | undefined {
  const [first] = shapes;
  if (first?.kind !== 'columns') return undefined;
  const { width, height } = first.image;
  const same = (shape: LabelShape): boolean =>
    shape.kind === 'columns' && shape.image.width === width && shape.image.height === height;
  return shapes.every(same) ? { width, height } : undefined;
}

function inOrderOfClasses(shapes: readonly LabelShape[], { classes }: TruthConfig): LabelShape[] {
  const place = (label: number) => (label === IGNORED ? Infinity : classes.findIndex((each) => each.label === label));
  return [...shapes].sort((a, b) => (a.label === b.label ? 0 : place(a.label) - place(b.label)));
}

/** Shapes in the order in which they are painted, and the function that finds those that reach some rows. */
interface Painting {
  readonly shapes: readonly LabelShape[];
  readonly reaching: (top: number, bottom: number) => Uint32Array;
}

function shapeView(painting: Painting, { spans, ...size }: SpanningSize, slide: Size, unlabelled: number): LabelView {
  const whole = { size, spans: spans ?? size, slide };
  const step = bandHeight(size.width);
  return {
    ...size,
    async *readBands(rows, columns, signal) {
      const end = Math.min(rows.start + rows.length, size.height);
      for (let y = rows.start; y < end; y += step) {
        throwIfAborted(signal);
        const height = Math.min(step, end - y);
        yield paintBand(painting, whole, { start: y, length: height }, columns, unlabelled);
      }
    },
  };
}

function paintBand(
  { shapes, reaching }: Painting,
  { size, spans, slide }: Pick<Canvas, 'size' | 'spans' | 'slide'>,
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  unlabelled: number,
): Band {
  const { start: y, length: height } = rows;
  const wanted = columns(rows);
  const x = Math.max(0, wanted[0]?.start ?? 0);
  const last = wanted.at(-1);
  const width = last === undefined ? 0 : Math.min(last.start + last.length, size.width) - x;
  if (width <= 0) return { y, height, runs: [] };

  const data = new Uint8Array(width * height);
  if (unlabelled !== 0) data.fill(unlabelled);
  const canvas: Canvas = { x, y, width, height, data, size, spans, slide };
  // One pixel more on each side, so that rounding cannot lose one.
  const top = ((y - 1) * slide.height) / spans.height;
  const bottom = ((y + height + 1) * slide.height) / spans.height;
  const left = ((x - 1) * slide.width) / spans.width;
  const right = ((x + width + 1) * slide.width) / spans.width;
  for (const place of reaching(top, bottom)) {
    const shape = shapes[place]!;
    const { extent } = shape;
    if (extent.top < bottom && extent.bottom > top && extent.left < right && extent.right > left) paint(shape, canvas);
  }
  return { y, height, runs: [{ x, pixels: { width, height, channels: 1, data } }] };
}

async function* shapeObjects(shapes: readonly LabelShape[], slide: Size, signal?: AbortSignal): AsyncGenerator<TruthObject> {
  for (const shape of shapes) {
    throwIfAborted(signal);
    if (shape.label === 0 || shape.label === IGNORED) continue;
    if (shape.kind === 'columns') yield* columnObjects(shape, slide);
    else if (shape.area > 0) yield { label: shape.label, box: boxOf(shape.extent, slide), area: shape.area };
  }
}

function boxOf(extent: Extent, slide: Size): TruthObject['box'] {
  const x = Math.max(Math.floor(extent.left), 0);
  const y = Math.max(Math.floor(extent.top), 0);
  const right = Math.min(Math.ceil(extent.right), slide.width);
  const bottom = Math.min(Math.ceil(extent.bottom), slide.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** Connected regions from pieces of columns; each column is fed in as a line. */
function* columnObjects({ label, image, first, tops, bottoms }: PixelColumns, slide: Size): Generator<TruthObject> {
  let found: ConnectedRegion[] = [];
  const tracker = trackRegions(8, (region) => found.push(region));
  const across = slide.width / image.width;
  const down = slide.height / image.height;
  const levelZero = ({ box, area }: ConnectedRegion): TruthObject => {
    const extent = {
      left: box.y * across,
      top: box.x * down,
      right: (box.y + box.height) * across,
      bottom: (box.x + box.width) * down,
    };
    return { label, box: boxOf(extent, slide), area: area * across * down };
  };
  for (let x = 0; x <= image.width; x++) {
    if (x === image.width) tracker.finish();
    else {
      const count = first[x + 1]! - first[x]!;
      const starts = tops.subarray(first[x]!, first[x + 1]!);
      const ends = bottoms.subarray(first[x]!, first[x + 1]!);
      tracker.line({ count, starts, ends, labels: new Uint8Array(count).fill(label) });
    }
    yield* found.map(levelZero);
    found = [];
  }
}
