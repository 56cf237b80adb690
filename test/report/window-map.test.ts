import { expect, test } from 'vitest';
import { windowColors, windowMap } from '../../dist/report/window-map.js';

test('windows lie where they were, also where the overview is squeezed along one side', () => {
  // 200 × 75 working pixels on 40 × 30 of the overview: by 5 across and by 2.5 down.
  const overview = { width: 40, height: 30, channels: 3, data: new Uint8Array(40 * 30 * 3).fill(100) };
  const windows = [
    { box: { x: 50, y: 25, width: 50, height: 25 }, run: true },
    { box: { x: 150, y: 50, width: 50, height: 25 }, run: false },
  ];
  const { data } = windowMap(overview, { width: 200, height: 75 }, windows);
  const at = (x: number, y: number): number[] => [...data.subarray((y * 40 + x) * 3, (y * 40 + x) * 3 + 3)];
  const framed = (base: number, color: readonly number[], strength: number): number[] =>
    color.map((value) => Math.round(base * (1 - strength) + value * strength));
  for (let y = 0; y < 30; y++) {
    for (let x = 0; x < 40; x++) {
      const [inRun, inSkipped] = [x >= 10 && x < 20 && y >= 10 && y < 20, x >= 30 && y >= 20];
      const onRun = inRun && (x === 10 || x === 19 || y === 10 || y === 19);
      const onSkipped = inSkipped && (x === 30 || x === 39 || y === 20 || y === 29);
      // What no window saw is pale.
      const wanted = onRun
        ? framed(100, windowColors.run, 0.7)
        : onSkipped
          ? framed(193, windowColors.skipped, 0.35)
          : inRun
            ? [100, 100, 100]
            : [193, 193, 193];
      expect(at(x, y), `(${x}, ${y})`).toEqual(wanted);
    }
  }
});
