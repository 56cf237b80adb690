import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadLevel, Slide } from '../../../dist/slide/slide.js';
import { resample } from '../../../dist/slide/view/resample.js';
import { axis } from '../../../dist/slide/view/scale-axis.js';
import { type View, type ViewChoice, workingView } from '../../../dist/slide/view/view.js';
import type { Samples, Span } from '../../../dist/types.js';
import { breaksArbitrary, gather, memorySlide, pixelsAt, sampleAt, spanIn } from '../memory.js';

/** Weight of source pixel `j` in output pixel `i`, by the textbook and over every `j`, times the number that makes it whole. */
function weight(from: number, to: number, i: number, j: number): number {
  if (to <= from) return Math.max(0, Math.min((i + 1) * from, (j + 1) * to) - Math.max(i * from, j * to));
  const centre = Math.min(Math.max((2 * i + 1) * from - to, 0), 2 * to * (from - 1));
  return Math.max(0, 2 * to - Math.abs(centre - 2 * to * j));
}

function weights(from: number, to: number, i: number): { j: number; w: number }[] {
  return Array.from({ length: from }, (_, j) => ({ j, w: weight(from, to, i, j) })).filter(({ w }) => w > 0);
}

function reference(
  level: number,
  from: { width: number; height: number },
  to: { width: number; height: number },
  rows: Span,
): number[] {
  const out: number[] = [];
  for (let y = rows.start; y < rows.start + rows.length; y++) {
    const down = weights(from.height, to.height, y);
    for (let x = 0; x < to.width; x++) {
      const across = weights(from.width, to.width, x);
      for (let c = 0; c < 3; c++) {
        let sum = 0n;
        let total = 0n;
        for (const v of down) {
          for (const h of across) {
            const w = BigInt(v.w) * BigInt(h.w);
            sum += w * BigInt(sampleAt(level, h.j, v.j, c));
            total += w;
          }
        }
        out.push(Number((2n * sum + total) / (2n * total)));
      }
    }
  }
  return out;
}

const side = fc.integer({ min: 1, max: 40 });
const ratio = fc.oneof(fc.constantFrom(1, 2, 3, 4, 8, 0.5, 0.25), fc.double({ min: 0.3, max: 12, noNaN: true }));

describe('resampling', () => {
  it('takes the mean of areas, and rounds it half up', () => {
    const slab = () => ({ x: 0, y: 0, width: 4, height: 2, channels: 3, data: pixels });
    const pixels = new Uint8Array([0, 1, 255, 3].flatMap((v) => [v, v, v]).concat([4, 5, 255, 254].flatMap((v) => [v, v, v])));
    const { data: pixel } = resample(axis(4, 2), axis(2, 1), { start: 0, length: 2 }, { start: 0, length: 1 }, slab);
    expect([...pixel]).toEqual([3, 3, 3, 192, 192, 192]); // 10 / 4 = 2.5 and 767 / 4 = 191.75
  });

  it('interpolates between the centres of pixels', () => {
    const data = new Uint8Array([0, 0, 0, 100, 100, 100]);
    const slab = () => ({ x: 0, y: 0, width: 2, height: 1, channels: 3, data });
    const { data: four } = resample(axis(2, 4), axis(1, 1), { start: 0, length: 4 }, { start: 0, length: 1 }, slab);
    expect([...four].filter((_, i) => i % 3 === 0)).toEqual([0, 25, 75, 100]);
  });

  it('rounds ties up and values just below a tie down, whatever the ratio', () => {
    // One pixel is made of n, k of which are 1 more than the rest: a tie where 2 k = n.
    for (const n of [2, 6, 10, 22, 46, 94, 98, 206, 1000, 99_998, 1_000_002]) {
      for (const [k, base] of [n / 2 - 1, n / 2].flatMap((k) => [0, 1, 2, 100, 254].map((base) => [k, base] as const))) {
        const data = new Uint8Array(n * 3).fill(base).fill(base + 1, 0, k * 3);
        const slab = () => ({ x: 0, y: 0, width: n, height: 1, channels: 3, data });
        const [value] = resample(axis(n, 1), axis(1, 1), { start: 0, length: 1 }, { start: 0, length: 1 }, slab).data;
        expect(value, `${k} of ${n}`).toBe(2 * k >= n ? base + 1 : base);
      }
    }
  });

  it('keeps an image of one colour, up to sides of a million', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), fc.nat(255), (from, to, value) => {
        const x = axis(from, to);
        const data = new Uint8Array(from * 3).fill(value);
        const slab = () => ({ x: 0, y: 0, width: from, height: 1, channels: 3, data });
        const last = { start: Math.max(0, to - 3), length: Math.min(3, to) };
        const out = resample(x, axis(1, 1), last, { start: 0, length: 1 }, slab).data;
        expect([...new Set(out)]).toEqual([value]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('workingView', () => {
  it('equals the plain formula for any size, ratio and split', async () => {
    const setup = fc.tuple(side, side, ratio, breaksArbitrary, fc.nat(3), fc.constantFrom(1, 16, 100));
    await fc.assert(
      fc.asyncProperty(setup, async ([width, height, downsample, breaks, extra, blockHeight]) => {
        const slide = memorySlide([[width, height]], { breaks, extra, blockHeight });
        const view = workingView(slide, { kind: 'downsample', downsample });
        expect([view.width, view.height]).toEqual([
          Math.max(1, Math.round(width / downsample)),
          Math.max(1, Math.round(height / downsample)),
        ]);
        const rows = { start: 0, length: view.height };
        const image = await gather(
          view.readBands(rows, () => [{ start: 0, length: view.width }]),
          view.width,
          rows,
        );
        expect([...image]).toEqual(reference(0, slide, view, rows));
      }),
      { numRuns: 60 },
    );
  });

  it('reads part of the rows and columns to the same bits as all of them', async () => {
    const setup = fc
      .record({
        width: side,
        height: fc.integer({ min: 1, max: 200 }),
        downsample: ratio,
        breaks: breaksArbitrary,
        other: breaksArbitrary,
      })
      .chain((size) => {
        const view = workingView(memorySlide([[size.width, size.height]]), { kind: 'downsample', downsample: size.downsample });
        // Rectangles that are wanted, as windows are.
        const wanted = fc.array(fc.record({ columns: spanIn(view.width), rows: spanIn(view.height) }), { maxLength: 4 });
        return fc.record({ size: fc.constant(size), rows: spanIn(view.height), wanted });
      });
    await fc.assert(
      fc.asyncProperty(setup, async ({ size, rows, wanted }) => {
        const choice: ViewChoice = { kind: 'downsample', downsample: size.downsample };
        const whole = workingView(memorySlide([[size.width, size.height]], { breaks: size.breaks, blockHeight: 500 }), choice);
        const slide = memorySlide([[size.width, size.height]], { breaks: size.other });
        const part = workingView(slide, choice);
        const all = { start: 0, length: whole.height };
        const full = await gather(
          whole.readBands(all, () => [{ start: 0, length: whole.width }]),
          whole.width,
          all,
        );
        const touching = (span: Span) =>
          wanted
            .filter((box) => box.rows.start < span.start + span.length && span.start < box.rows.start + box.rows.length)
            .map((box) => box.columns);
        const image = await gather(
          part.readBands(rows, (span) => disjoint(touching(span), part.width)),
          part.width,
          rows,
        );
        const wrong = [];
        for (let y = rows.start, i = 0; y < rows.start + rows.length; y++) {
          const spans = touching({ start: y, length: 1 });
          for (let x = 0; x < part.width; x++, i += 3) {
            const isWanted = spans.some((span) => x >= span.start && x < span.start + span.length);
            const same = [0, 1, 2].every((c) => image[i + c] === full[(y * whole.width + x) * 3 + c]);
            if (!same && (isWanted || image[i] !== -1)) wrong.push({ x, y });
          }
        }
        expect(wrong).toEqual([]);
        expect(slide.passes.every((pass) => pass.closed)).toBe(true);
        expect(slide.passes.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 150 },
    );
  });

  it('hands on the bands of a level that has the very size', async () => {
    const slide = memorySlide([
      [64, 48],
      [16, 12],
    ]);
    for (const choice of [
      { kind: 'level', level: 1 },
      { kind: 'downsample', downsample: 4 },
    ] as const) {
      const view = workingView(slide, choice);
      expect(view).toMatchObject({ width: 16, height: 12, downsample: 4, level: { index: 1 } });
      for await (const { y, height, runs } of view.readBands({ start: 3, length: 2 }, () => [{ start: 5, length: 4 }])) {
        expect({ y, height, runs }).toEqual({
          y: 3,
          height: 2,
          runs: [{ x: 5, pixels: pixelsAt(1, { start: 5, length: 4 }, { start: 3, length: 2 }) }],
        });
      }
    }
  });

  it('reads the coarsest level that is fine enough, and takes 4.0003 for 4', () => {
    const slide = memorySlide([
      [100_003, 80_003],
      [24_994, 19_995],
      [6_240, 4_990],
    ]);
    const levelFor = (downsample: number) => workingView(slide, { kind: 'downsample', downsample }).level.index;
    expect([0.5, 1, 2, 3.9, 4, 8, 15.9, 16.1, 100].map(levelFor)).toEqual([0, 0, 0, 0, 1, 1, 1, 2, 2]);
  });

  it('makes working pixels square where those of the slide are not', () => {
    const slide = memorySlide([[1000, 1000]], { mpp: { x: 0.25, y: 0.5, source: 'test' } });
    const view = workingView(slide, { kind: 'mpp', mpp: 1 });
    expect([view.width, view.height]).toEqual([250, 500]);
    expect(view.mpp).toEqual({ x: 1, y: 1 });
  });

  it('takes a level that is right along both sides, each with a factor of its own', () => {
    const slide = memorySlide(
      [
        [1003, 2011],
        [250, 251],
        [62, 125],
      ],
      { mpp: { x: 0.5, y: 0.25, source: 'test' } },
    );
    expect(workingView(slide, { kind: 'mpp', mpp: 2 })).toMatchObject({
      width: 250,
      height: 251,
      level: { index: 1 },
      spans: { width: 250.75, height: 251.375 },
      mpp: { x: 2, y: 2 },
    });
    // Right along one side alone.
    expect(workingView(slide, { kind: 'downsample', downsample: 4 })).toMatchObject({
      width: 251,
      height: 503,
      level: { index: 0 },
    });
  });

  it('resamples a level from where it lies: as if level 0 had been averaged', () => {
    // 743 pixels by 4 are 185, which span 740 of them; by 12 they are 62, each of three of the 185, and the last of what is left.
    const { first, last, head, tail, total } = axis(185, 62, { of: 743, by: 4 });
    const means = (row: readonly number[]) =>
      Array.from({ length: 62 }, (_, i) => {
        let sum = head[i]! * row[first[i]!]! + tail[i]! * row[last[i]!]!;
        for (let j = first[i]! + 1; j < last[i]!; j++) sum += 4 * 62 * row[j]!;
        return sum / total;
      });
    const ramp = Array.from({ length: 185 }, (_, j) => 4 * j + 2);
    means(ramp).forEach((value, i) => {
      const wanted = ((i + 0.5) * 743) / 62;
      expect(Math.abs(value - wanted), `pixel ${i}`).toBeLessThan(i < 61 ? 0.01 : 2);
    });
    expect(means(ramp.map(() => 7)).every((value) => value === 7)).toBe(true);
  });

  it('says what is wrong with a choice', () => {
    const slide = memorySlide([
      [64, 48],
      [16, 12],
    ]);
    const wrong: [ViewChoice, RegExp][] = [
      [{ kind: 'level', level: 2 }, /expected a level of memory but got 2; it has the levels 0 \(64 × 48\), 1 \(16 × 12\)/],
      [{ kind: 'level', level: -1 }, /but got -1/],
      [{ kind: 'downsample', downsample: 0 }, /expected a positive number for downsample but got 0/],
      [{ kind: 'downsample', downsample: Number.NaN }, /but got NaN/],
      [{ kind: 'mpp', mpp: -0.5 }, /expected a positive number for mpp but got -0.5/],
      [{ kind: 'mpp', mpp: 0.5 }, /--slide-mpp/],
      [{ kind: 'downsample', downsample: 1e-6 }, /coarser/],
    ];
    for (const [choice, words] of wrong) {
      let thrown: unknown;
      try {
        workingView(slide, choice);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ name: 'SegtileError', code: 'usage' });
      const { message, hint } = thrown as { message: string; hint?: string };
      expect(`${message}; ${hint}`).toMatch(words);
    }
  });

  it('stops when the signal fires', async () => {
    const slide = memorySlide([[64, 640]]);
    const view = workingView(slide, { kind: 'downsample', downsample: 2 });
    const stop = new AbortController();
    const read = async () => {
      for await (const _ of view.readBands({ start: 0, length: 320 }, () => [{ start: 0, length: 32 }], stop.signal))
        stop.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'aborted' });
    expect(slide.passes[0]!.closed).toBe(true);
    expect(slide.passes[0]!.bands.length).toBeLessThan(80);
  });
});

function disjoint(spans: readonly Span[], width: number): Span[] {
  const wanted = Array.from({ length: width + 1 }, (_, i) =>
    spans.some((span) => i >= span.start && i < span.start + span.length),
  );
  const out: Span[] = [];
  for (let start = 0; start < width; start++) {
    if (!wanted[start]) continue;
    const end = wanted.indexOf(false, start);
    out.push({ start, length: end - start });
    start = end;
  }
  return out;
}

describe('a view of channels', () => {
  const sizes = fc.record({
    width: side,
    height: side,
    downsample: ratio,
    channels: fc.integer({ min: 1, max: 6 }),
    breaks: breaksArbitrary,
  });
  const value = (x: number, y: number, c: number) => (sampleAt(c, x, y, 0) << 8) | sampleAt(c, y, x, 1);

  /** Bands of numbers, split as a slide in memory splits its own. */
  function numbers(type: 'uint8' | 'uint16' | 'float32', channels: number, slide: Slide): ReadLevel<Samples> {
    const room = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array }[type];
    return async function* (level, rows, columns) {
      for await (const { y, height, runs } of slide.readBands(level, rows, columns)) {
        const filled = runs.map(({ x, pixels: { width } }) => {
          const data = new room(width * height * channels);
          for (let i = 0; i < data.length; i++) {
            const pixel = Math.floor(i / channels);
            const at = value(x + (pixel % width), y + Math.floor(pixel / width), i % channels);
            data[i] = type === 'float32' ? at / 999 - 30 : at;
          }
          return { x, pixels: { width, height, channels, data } };
        });
        yield { y, height, runs: filled };
      }
    };
  }

  async function read(view: View<Samples>, rows: Span, channels: number): Promise<Float64Array> {
    const out = new Float64Array(view.width * rows.length * channels).fill(Number.NaN);
    for await (const { y, height, runs } of view.readBands(rows, () => [{ start: 0, length: view.width }])) {
      for (const { x, pixels } of runs) {
        expect(pixels.channels).toBe(channels);
        for (let row = 0; row < height; row++) {
          const from = row * pixels.width * channels;
          out.set(
            pixels.data.subarray(from, from + pixels.width * channels),
            ((y - rows.start + row) * view.width + x) * channels,
          );
        }
      }
    }
    return out;
  }

  it.each(['uint8', 'uint16'] as const)('has the mean of %s, rounded half up', async (type) => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ width, height, downsample, channels, breaks }) => {
        const slide = memorySlide([[width, height]], { breaks });
        const view = workingView(slide, { kind: 'downsample', downsample }, numbers(type, channels, slide));
        const got = await read(view, { start: 0, length: view.height }, channels);
        const most = type === 'uint8' ? 255 : 65_535;
        for (let i = 0; i < got.length; i++) {
          const [c, x, y] = [i % channels, Math.floor(i / channels) % view.width, Math.floor(i / channels / view.width)];
          let [sum, total] = [0n, 0n];
          for (const v of weights(height, view.height, y)) {
            for (const h of weights(width, view.width, x)) {
              sum += BigInt(v.w) * BigInt(h.w) * BigInt(value(h.j, v.j, c) & most);
              total += BigInt(v.w) * BigInt(h.w);
            }
          }
          expect(got[i]).toBe(Number((2n * sum + total) / (2n * total)));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has the mean of floating point, and rows alone have the bits of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        breaksArbitrary,
        fc.nat(),
        async ({ width, height, downsample, channels, breaks }, others, any) => {
          const slide = memorySlide([[width, height]], { breaks });
          const view = workingView(slide, { kind: 'downsample', downsample }, numbers('float32', channels, slide));
          const whole = await read(view, { start: 0, length: view.height }, channels);
          const start = any % view.height;
          const again = memorySlide([[width, height]], { breaks: others });
          const part = workingView(again, { kind: 'downsample', downsample }, numbers('float32', channels, again));
          const rows = await read(part, { start, length: view.height - start }, channels);
          expect(rows).toEqual(whole.subarray(start * view.width * channels));
          const i = any % whole.length;
          const [c, x, y] = [i % channels, Math.floor(i / channels) % view.width, Math.floor(i / channels / view.width)];
          let [sum, total] = [0, 0];
          for (const v of weights(height, view.height, y)) {
            for (const h of weights(width, view.width, x)) {
              sum += v.w * h.w * (value(h.j, v.j, c) / 999 - 30);
              total += v.w * h.w;
            }
          }
          expect(whole[i]).toBeCloseTo(sum / total, 4);
        },
      ),
      { numRuns: 60 },
    );
  });
});
