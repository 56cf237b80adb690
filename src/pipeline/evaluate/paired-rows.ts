import { SegtileError, throwIfAborted } from '../../errors.js';
import type { LabelView } from '../../truth/truth.js';
import type { RasterRows } from '../../types.js';

/** Rows of a mask, full width. */
export type LabelRows = Pick<RasterRows, 'y' | 'width' | 'height' | 'data'>;

/** The same rows of two masks, full width. */
export interface PairedRows<Predicted extends LabelRows> {
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** `width * height` labels in each array. */
  readonly truth: Uint8Array;
  readonly predicted: Uint8Array;
  /** The rows of the prediction that the labels come from. */
  readonly from: Predicted;
}

/** Yields all rows of a view of labels, full width. */
export async function* viewRows(view: LabelView, signal?: AbortSignal): AsyncGenerator<RasterRows> {
  const { width, height } = view;
  const all = [{ start: 0, length: width }];
  for await (const { y, height: rows, runs } of view.readBands({ start: 0, length: height }, () => all, signal)) {
    const [run, ...more] = runs;
    if (run === undefined || more.length > 0 || run.pixels.width !== width) {
      throw new SegtileError('input', `rows ${y} to ${y + rows} of a mask lack some of their pixels`);
    }
    yield { y, width, height: rows, channels: 1, data: run.pixels.data };
  }
}

/**
 * Yields the rows of two masks of the same size side by side, even if they come in bands of different heights.
 *
 * @throws {SegtileError} `aborted` when the signal fires; any error of the masks
 */
export async function* pairRows<Predicted extends LabelRows>(
  truth: AsyncIterable<LabelRows>,
  predicted: AsyncIterable<Predicted>,
  signal?: AbortSignal,
): AsyncGenerator<PairedRows<Predicted>> {
  const [a, b] = [truth[Symbol.asyncIterator](), predicted[Symbol.asyncIterator]()];
  try {
    let [left, right] = await Promise.all([a.next(), b.next()]);
    let y = 0;
    while (!left.done && !right.done) {
      throwIfAborted(signal);
      const [is, taken] = [left.value, right.value];
      const end = Math.min(is.y + is.height, taken.y + taken.height);
      const part = ({ y: top, width, data }: LabelRows): Uint8Array => data.subarray((y - top) * width, (end - top) * width);
      yield { y, width: is.width, height: end - y, truth: part(is), predicted: part(taken), from: taken };
      y = end;
      [left, right] = await Promise.all([
        is.y + is.height === end ? a.next() : left,
        taken.y + taken.height === end ? b.next() : right,
      ]);
    }
  } finally {
    await Promise.all([a.return?.(), b.return?.()]);
  }
}
