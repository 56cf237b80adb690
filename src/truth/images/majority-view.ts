import { SegtileError } from '../../errors.js';
import { covered, majorityRow, overlap, type WeighedLine } from '../../plan/labels/majority.js';
import type { Band, BandRun, Size, Span, SpanningSize } from '../../types.js';
import { bandHeight } from '../band-height.js';
import type { LabelView } from '../truth.js';

/** A size in px, and how many of them the slide covers. */
export type Spanning = Size & { readonly spans: Size };

/** A row of the larger view: its number and its labels in runs. */
interface SourceRow {
  readonly y: number;
  readonly runs: readonly { readonly x: number; readonly labels: Uint8Array }[];
}

/** Whether a view of `size` has fewer pixels than `source` along at least one side. */
export function shrinks(source: Size, size: Size): boolean {
  return size.width < source.width || size.height < source.height;
}

/**
 * Labels at a smaller size. Each pixel gets the label that covers most of it, see {@link majorityRow}. Only as many
 * rows of the larger view are in memory as one row of the smaller view covers.
 *
 * @param view the larger view: larger in both directions, or in one of them with the other side equal
 * @param lies how many pixels of the larger view the slide covers
 * @param whole size of the smaller view
 */
export function majorityView(view: LabelView, lies: Size, whole: SpanningSize): LabelView {
  const size = { width: whole.width, height: whole.height, spans: whole.spans ?? whole };
  const source = { ...view, spans: lies };
  const step = bandHeight(size.width);
  const down = [lies.height, size.spans.height, view.height] as const;
  return {
    ...whole,
    async *readBands(rows, columns, signal) {
      const end = Math.min(rows.start + rows.length, size.height);
      if (rows.start >= end) return;
      const top = covered(rows.start, ...down)[0];
      const bottom = covered(end - 1, ...down)[1];
      const wanted = (span: Span): Span[] => {
        const from = Math.max(Math.floor((span.start * size.spans.height) / lies.height), rows.start);
        const to = Math.min(Math.ceil(((span.start + span.length) * size.spans.height) / lies.height), end);
        return from < to ? sourceColumns(columns({ start: from, length: to - from }), source, size) : [];
      };
      let held: SourceRow[] = [];
      let made: MajorityRow[] = [];
      let y = rows.start;
      for await (const band of source.readBands({ start: top, length: bottom - top }, wanted, signal)) {
        for (const row of rowsOf(band)) {
          held.push(row);
          // A row of the larger view may lie under two of the smaller one.
          while (y < end && covered(y, ...down)[1] <= row.y + 1) {
            const own = madeRow(held, columns({ start: y, length: 1 }), y, source, size);
            if (made.length === step || (made.length > 0 && !sameSpans(made[0]!, own))) {
              yield bandOf(made);
              made = [];
            }
            made.push(own);
            y++;
            if (y < end) {
              const next = covered(y, ...down)[0];
              held = held.filter((each) => each.y >= next);
            }
          }
        }
      }
      if (made.length > 0) yield bandOf(made);
    },
  };
}

/** A row of the smaller view. */
interface MajorityRow {
  readonly y: number;
  readonly runs: readonly { readonly x: number; readonly data: Uint8Array }[];
}

function sourceColumns(columns: readonly Span[], source: Spanning, size: Spanning): Span[] {
  const spans: { start: number; length: number }[] = [];
  for (const { start, length } of columns) {
    const first = Math.max(start, 0);
    const last = Math.min(start + length, size.width) - 1;
    if (last < first) continue;
    const left = covered(first, source.spans.width, size.spans.width, source.width)[0];
    const right = covered(last, source.spans.width, size.spans.width, source.width)[1];
    const before = spans.at(-1);
    if (before !== undefined && left <= before.start + before.length) before.length = right - before.start;
    else spans.push({ start: left, length: right - left });
  }
  return spans;
}

function rowsOf({ y, height, runs }: Band): SourceRow[] {
  return Array.from({ length: height }, (_, row) => ({
    y: y + row,
    runs: runs.map(({ x, pixels: { width, data } }) => ({
      x,
      labels: data.subarray(row * width, (row + 1) * width) as Uint8Array,
    })),
  }));
}

function madeRow(
  held: readonly SourceRow[],
  columns: readonly Span[],
  y: number,
  source: Spanning,
  size: Spanning,
): MajorityRow {
  const runs: { x: number; data: Uint8Array }[] = [];
  const [top, bottom] = covered(y, source.spans.height, size.spans.height, source.height);
  const across = [source.spans.width, size.spans.width] as const;
  const rows = held.filter((each) => each.y >= top && each.y < bottom);
  for (const { start, length } of columns) {
    const x = Math.max(start, 0);
    const width = Math.min(start + length, size.width) - x;
    if (width <= 0) continue;
    const [left, right] = [covered(x, ...across, source.width)[0], covered(x + width - 1, ...across, source.width)[1]];
    const lines = rows.map((row): WeighedLine => {
      // The columns lie together, so one run holds them all.
      const run = row.runs.find((each) => each.x <= left && right <= each.x + each.labels.length);
      if (run === undefined) throw new SegtileError('input', `row ${row.y} of a mask lacks some of its pixels`);
      return {
        labels: run.labels.subarray(left - run.x, right - run.x),
        weight: overlap(row.y, y, source.spans.height, size.spans.height),
      };
    });
    const data = new Uint8Array(width);
    majorityRow(lines, left, x, ...across, data, source.width);
    runs.push({ x, data });
  }
  return { y, runs };
}

function sameSpans(a: MajorityRow, b: MajorityRow): boolean {
  return (
    a.runs.length === b.runs.length &&
    a.runs.every(({ x, data }, i) => x === b.runs[i]!.x && data.length === b.runs[i]!.data.length)
  );
}

function bandOf(rows: readonly MajorityRow[]): Band {
  const { y, runs } = rows[0]!;
  const joined = runs.map(({ x, data: { length: width } }, i): BandRun => {
    const data = new Uint8Array(width * rows.length);
    for (const [row, each] of rows.entries()) data.set(each.runs[i]!.data, row * width);
    return { x, pixels: { width, height: rows.length, channels: 1, data } };
  });
  return { y, height: rows.length, runs: joined };
}
