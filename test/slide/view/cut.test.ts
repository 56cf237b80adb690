import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WindowRows } from '../../../dist/plan/windows/windows.js';
import { type BandSource, type CutWindow, cutWindows, reflect, reflectedSpan } from '../../../dist/slide/view/cut.js';
import { workingView } from '../../../dist/slide/view/view.js';
import type { BandRun, Box } from '../../../dist/types.js';
import { breaksArbitrary, memorySlide, sampleAt } from '../memory.js';

/** A plan of the given boxes, row by row. */
function planOf(rows: readonly (readonly Box[])[]): WindowRows {
  const { width, height } = rows.flat()[0] ?? { width: 1, height: 1 };
  const windows = rows.map((boxes, row) =>
    boxes.map((box, column) => ({ index: row * 1000 + column, row, column, box, core: box })),
  );
  return { window: { width, height }, count: rows.length, kept: (row) => windows[row]! };
}

/** Writes out what lies left of the image, nearest first (1, 2, … and the last one for ever), and finds the right side by turning it. */
function mirrored(index: number, length: number): number {
  if (index >= length) return length - 1 - mirrored(length - 1 - index, length);
  if (index >= 0) return index;
  const left = Array.from({ length: length - 1 }, (_, i) => i + 1);
  return left[-index - 1] ?? left.at(-1) ?? 0;
}

type Sample = (x: number, y: number, c: number) => number;

function reference(box: Box, width: number, height: number, sample: Sample): Buffer {
  const columns = Array.from({ length: box.width }, (_, i) => mirrored(box.x + i, width));
  const rows = Array.from({ length: box.height }, (_, i) => mirrored(box.y + i, height));
  return Buffer.from(rows.flatMap((y) => columns.flatMap((x) => [0, 1, 2].map((c) => sample(x, y, c)))));
}

/** The first of three channels. */
function redOf({ x, pixels }: BandRun): BandRun {
  return { x, pixels: { ...pixels, channels: 1, data: pixels.data.filter((_, i) => i % 3 === 0) } };
}

async function cutAll<Data extends Uint8Array = Uint8Array<ArrayBuffer>>(
  cut: AsyncIterable<CutWindow<Data>>,
): Promise<CutWindow<Data>[]> {
  const out: CutWindow<Data>[] = [];
  for await (const window of cut) out.push(window);
  return out;
}

/** Boxes of a grid over an image, with a mirrored margin, of which some are skipped. */
const grids = fc
  .record({
    width: fc.integer({ min: 1, max: 60 }),
    height: fc.integer({ min: 1, max: 60 }),
    window: fc.integer({ min: 1, max: 24 }),
    stride: fc.integer({ min: 1, max: 24 }),
    margin: fc.nat(12),
    keep: fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }),
    density: fc.constantFrom('all', 'some'),
    breaks: breaksArbitrary,
    extra: fc.nat(100),
  })
  .map(({ width, height, window, stride, margin, keep, density, breaks, extra }) => {
    const starts = (length: number) => {
      const count = length + 2 * margin <= window ? 1 : Math.ceil((length + 2 * margin - window) / stride) + 1;
      const last = Math.max(length + margin - window, -margin);
      return Array.from({ length: count }, (_, i) => Math.min(i * stride - margin, last));
    };
    let i = 0;
    const rows = starts(height).map((y) =>
      starts(width)
        .map((x) => ({ x, y, width: window, height: window }))
        .filter(() => density === 'all' || keep[i++ % keep.length]),
    );
    return { width, height, rows, breaks, extra };
  });

describe('reflect', () => {
  it('mirrors about the edge pixel and then repeats', () => {
    const at = (length: number) => [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5].map((i) => reflect(i, length));
    expect(at(4)).toEqual([3, 3, 2, 1, 0, 1, 2, 3, 2, 1]);
    expect(at(2)).toEqual([1, 1, 1, 1, 0, 1, 0, 0, 0, 0]);
    expect(at(1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('has a span that is just wide enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 30 }),
        (start, count, length) => {
          const sources = Array.from({ length: count }, (_, i) => mirrored(start + i, length));
          const span = reflectedSpan({ start, length: count }, length);
          expect(span.start).toBe(Math.min(...sources));
          expect(span.start + span.length - 1).toBe(Math.max(...sources));
        },
      ),
    );
  });
});

describe('cutWindows', () => {
  it('cuts what the plan keeps, in its order, for any grid, margin and split into bands', async () => {
    await fc.assert(
      fc.asyncProperty(grids, fc.boolean(), async ({ width, height, rows, breaks, extra }, isShared) => {
        const slide = memorySlide([[width, height]], { breaks, extra });
        const plan = planOf(rows);
        const dirty = (bytes: number): Uint8Array =>
          new Uint8Array(isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)).fill(171);
        const windows = await cutAll(cutWindows(workingView(slide, { kind: 'level', level: 0 }), plan, undefined, dirty));
        expect(windows.map(({ window }) => window)).toEqual(rows.flatMap((_, row) => plan.kept(row)));
        for (const { window, pixels } of windows) {
          expect(pixels.byteLength).toBe(pixels.buffer.byteLength);
          expect(
            Buffer.from(pixels).equals(reference(window.box, width, height, (x, y, c) => sampleAt(0, x, y, c))),
            JSON.stringify(window.box),
          ).toBe(true);
        }
        // One pass, over no more rows than are needed.
        const needed = rows.flat().map(({ y, height: h }) => reflectedSpan({ start: y, length: h }, height));
        expect(slide.passes.length).toBe(needed.length === 0 ? 0 : 1);
        for (const { rows: read, closed } of slide.passes) {
          expect(read.start).toBe(Math.min(...needed.map((span) => span.start)));
          expect(read.start + read.length).toBe(Math.max(...needed.map((span) => span.start + span.length)));
          expect(closed).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('cuts from a resampled view what cutting the whole view gives', async () => {
    await fc.assert(
      fc.asyncProperty(grids, fc.constantFrom(0.5, 1.7, 2, 3.3), async ({ width, height, rows, breaks }, downsample) => {
        const view = workingView(memorySlide([[Math.round(width * downsample), Math.round(height * downsample)]], { breaks }), {
          kind: 'downsample',
          downsample,
        });
        const whole = new Uint8Array(view.width * view.height * 3);
        for await (const band of view.readBands({ start: 0, length: view.height }, () => [{ start: 0, length: view.width }])) {
          whole.set(band.runs[0]!.pixels.data, band.y * view.width * 3);
        }
        for (const { window, pixels } of await cutAll(cutWindows(view, planOf(rows)))) {
          const expected = reference(window.box, view.width, view.height, (x, y, c) => whole[(y * view.width + x) * 3 + c]!);
          expect(expected.equals(pixels), JSON.stringify(window.box)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('cuts sources of one channel where it cuts those of three', async () => {
    await fc.assert(
      fc.asyncProperty(grids, async ({ width, height, rows, breaks, extra }) => {
        const view = workingView(memorySlide([[width, height]], { breaks, extra }), { kind: 'level', level: 0 });
        const red: BandSource = {
          width,
          height,
          async *readBands(span, columns) {
            for await (const band of view.readBands(span, columns)) yield { ...band, runs: band.runs.map(redOf) };
          },
        };
        const whole = await cutAll(cutWindows(view, planOf(rows)));
        const one = await cutAll(cutWindows(red, planOf(rows)));
        expect(one.map(({ pixels }) => [...pixels])).toEqual(
          whole.map(({ pixels }) => [...pixels].filter((_, i) => i % 3 === 0)),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('wants no column of rows that no kept window touches, and merges only narrow gaps', async () => {
    const box = (x: number, y: number): Box => ({ x, y, width: 10, height: 10 });
    const slide = memorySlide([[300, 200]], { breaks: [10] });
    const asked: string[] = [];
    const view = workingView(slide, { kind: 'level', level: 0 });
    const spy: typeof view = {
      ...view,
      readBands: (rows, columns, signal) =>
        view.readBands(
          rows,
          (span) => {
            const wanted = columns(span);
            asked.push(`${span.start}: ${wanted.map(({ start, length }) => `${start}+${length}`).join(' ')}`);
            return wanted;
          },
          signal,
        ),
    };
    await cutAll(cutWindows(spy, planOf([[box(0, 20), box(73, 20), box(147, 20)], [], [box(5, 60)]])));
    expect(asked).toEqual(['20: 0+83 147+10', '30: ', '40: ', '50: ', '60: 5+10']);
  });

  it('asks for no band before a window needs it, for slides read ahead themselves, and closes the reading', async () => {
    const slide = memorySlide([[20, 1000]], { breaks: [10] });
    const rows = Array.from({ length: 100 }, (_, i) => [{ x: 0, y: i * 10, width: 10, height: 10 }]);
    let cut = 0;
    for await (const _ of cutWindows(workingView(slide, { kind: 'level', level: 0 }), planOf(rows))) {
      cut++;
      await new Promise((resolve) => setImmediate(resolve));
      expect(slide.passes[0]!.bands.length).toBe(cut);
      if (cut === 50) break;
    }
    expect(slide.passes[0]!.closed).toBe(true);
    expect(slide.passes[0]!.bands.length).toBe(50);
  });

  it('stops when the signal fires, and when reading fails', async () => {
    const slide = memorySlide([[20, 100]]);
    const view = workingView(slide, { kind: 'level', level: 0 });
    const plan = planOf(Array.from({ length: 10 }, (_, i) => [{ x: 0, y: i * 10, width: 10, height: 10 }]));
    await expect(cutAll(cutWindows(view, plan, AbortSignal.abort()))).rejects.toMatchObject({ code: 'aborted' });
    const broken: typeof view = {
      ...view,
      async *readBands(rows, columns) {
        for await (const band of view.readBands(rows, columns)) {
          if (band.y > 30) throw new Error('torn');
          yield band;
        }
      },
    };
    const seen: number[] = [];
    const read = async () => {
      for await (const { window } of cutWindows(broken, plan)) seen.push(window.row);
    };
    await expect(read()).rejects.toThrow('torn');
    expect(seen).toEqual([0, 1, 2]);
  });
});
