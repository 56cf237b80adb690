import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneAhead } from '../../../dist/io/ahead.js';
import { cacheRows } from '../../../dist/slide/view/rows.js';
import { mergeSpans } from '../../../dist/slide/view/spans.js';
import { memorySlide, spanIn } from '../memory.js';

const all = (width: number) => () => [{ start: 0, length: width }];

describe('cacheRows', () => {
  it('reads on demand and lets go of what is above the row it is told', async () => {
    const slide = memorySlide([[8, 100]], { breaks: [10] });
    const cache = cacheRows(slide.readBands(0, { start: 0, length: 100 }, all(8)));
    expect(slide.passes).toEqual([]);
    await cache.until(15);
    expect(slide.passes[0]!.bands.length).toBe(2);
    expect(cache.slab(9, { start: 2, length: 3 })).toMatchObject({ x: 0, y: 0, width: 8, height: 10 });
    cache.forget(10);
    expect(slide.passes[0]!.released).toEqual([0]);
    expect(() => cache.slab(9, { start: 2, length: 3 })).toThrow('columns 2 to 5 of row 9 were not read');
    expect(cache.slab(10, { start: 2, length: 3 }).y).toBe(10);
    cache.forget(45);
    await cache.until(60);
    expect(slide.passes[0]!.released).toEqual([0, 10, 20, 30]);
    expect(() => cache.slab(39, { start: 0, length: 8 })).toThrow('not read');
    expect(cache.slab(40, { start: 0, length: 8 }).y).toBe(40);
    expect(() => cache.slab(40, { start: 0, length: 9 })).toThrow('columns 0 to 9 of row 40');
    await cache.close();
    expect(slide.passes[0]!.closed).toBe(true);
  });

  it('says so when the rows end too early', async () => {
    const cache = cacheRows(memorySlide([[8, 10]]).readBands(0, { start: 0, length: 10 }, all(8)));
    await expect(cache.until(11)).rejects.toMatchObject({
      code: 'input',
      message: 'the rows of the slide ended at 10, before row 11',
    });
  });
});

describe('oneAhead', () => {
  it('keeps order, and passes a failure on in its turn', async () => {
    async function* source() {
      yield 1;
      yield 2;
      throw new Error('torn');
    }
    const seen: number[] = [];
    const read = async () => {
      for await (const item of oneAhead(source())) {
        seen.push(item);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await expect(read()).rejects.toThrow('torn');
    expect(seen).toEqual([1, 2]);
  });
});

describe('mergeSpans', () => {
  it('covers the same indices and gaps that are narrow, with spans apart', () => {
    fc.assert(
      fc.property(fc.array(spanIn(60), { maxLength: 8 }), fc.nat(10), (spans, gap) => {
        const merged = mergeSpans(spans, gap);
        for (const [i, span] of merged.entries()) {
          if (i > 0) expect(span.start - merged[i - 1]!.start - merged[i - 1]!.length).toBeGreaterThanOrEqual(Math.max(1, gap));
        }
        const inside = (list: typeof spans, at: number) => list.some(({ start, length }) => at >= start && at < start + length);
        for (let i = 0; i < 60; i++) {
          const before = Array.from({ length: i + 1 }, (_, k) => i - k).find((k) => inside(spans, k));
          const after = Array.from({ length: 60 - i }, (_, k) => i + k).find((k) => inside(spans, k));
          const within = inside(spans, i) || (before !== undefined && after !== undefined && after - before - 1 < gap);
          expect(inside(merged, i), `${i}`).toBe(within);
        }
      }),
    );
  });
});
