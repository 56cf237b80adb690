import { describe, expect, it } from 'vitest';
import { readOverview } from '../../../dist/slide/view/overview.js';
import { workingView } from '../../../dist/slide/view/view.js';
import { gather, memorySlide, pixelsAt } from '../memory.js';

describe('readOverview', () => {
  it('reads the pyramid where there is one', async () => {
    const slide = memorySlide([
      [800, 400],
      [200, 100],
      [50, 25],
    ]);
    expect(await readOverview(slide, 200)).toEqual(pixelsAt(1, { start: 0, length: 200 }, { start: 0, length: 100 }));
    expect((await readOverview(slide, 60)).width).toBe(60);
    expect(slide.passes.map((pass) => pass.level)).toEqual([1, 1]);
  });

  it('reads a file without a pyramid once, as the view does, and says how far it is', async () => {
    const slide = memorySlide([[301, 977]], { breaks: [13], blockHeight: 64 });
    const progress: number[][] = [];
    const overview = await readOverview(slide, 100, undefined, (done, total) => progress.push([done, total]));
    expect([overview.width, overview.height, overview.channels]).toEqual([31, 100, 3]);
    expect(slide.passes.length).toBe(1);
    expect(progress.at(-1)).toEqual([100, 100]);
    expect(progress.length).toBeGreaterThan(5);
    const view = workingView(slide, { kind: 'downsample', downsample: 9.77 });
    const rows = { start: 0, length: 100 };
    const whole = await gather(
      view.readBands(rows, () => [{ start: 0, length: 31 }]),
      31,
      rows,
    );
    expect([...overview.data]).toEqual([...whole]);
  });

  it('never enlarges', async () => {
    const slide = memorySlide([[20, 10]]);
    expect(await readOverview(slide, 2048)).toEqual(pixelsAt(0, { start: 0, length: 20 }, { start: 0, length: 10 }));
  });

  it('stops when the signal fires', async () => {
    await expect(readOverview(memorySlide([[20, 10]]), 2048, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });
});
