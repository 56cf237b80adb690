import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { classChart, curveChart, portionChart, qualityChart } from '../../dist/report/charts.js';

interface Mark {
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** What is drawn, by the text that shows when one points at it: circles and paths by their middle, rectangles by their left. */
function marks(svg: string, tag: string): Mark[] {
  const { document } = parseHTML(`<body>${svg}</body>`);
  return [...document.querySelectorAll(tag)].flatMap((element) => {
    const title = element.querySelector('title')?.textContent ?? '';
    const [, across, down] = /translate\(([-\d.]+),\s*([-\d.]+)\)/.exec(element.getAttribute('transform') ?? '') ?? [];
    const x = Number(element.getAttribute('cx') ?? element.getAttribute('x') ?? across);
    const y = Number(element.getAttribute('cy') ?? element.getAttribute('y') ?? down);
    return title === '' ? [] : [{ title, x, y, width: Number(element.getAttribute('width')) }];
  });
}

test('quality goes up, seconds to the right', () => {
  const { svg } = qualityChart(
    [
      { name: 'fast', seconds: 1, quality: 0.4, front: true },
      { name: 'bad', seconds: 10, quality: 0.3, front: false },
      { name: 'slow', seconds: 100, quality: 0.9, front: true },
    ],
    'Dice',
  );
  const at = (name: string): Mark => marks(svg, 'circle').find(({ title }) => title.startsWith(`${name}:`))!;
  expect(at('slow').x).toBeGreaterThan(at('bad').x + 20);
  expect(at('bad').x).toBeGreaterThan(at('fast').x + 20);
  expect(at('slow').y).toBeLessThan(at('fast').y - 20);
  expect(at('bad').y).toBeGreaterThan(at('fast').y + 5);
});

test('a measure by class lies to the right of a smaller one, in the row of its name', () => {
  const { svg } = classChart(
    [
      { name: 'one', className: 'a', value: 0.2 },
      { name: 'one', className: 'b', value: 0.8 },
      { name: 'two', className: 'a', value: 0.5 },
    ],
    'Dice',
  );
  const at = (words: string): Mark => marks(svg, 'path').find(({ title }) => title.startsWith(words))!;
  expect(at('one, b').x).toBeGreaterThan(at('two, a').x + 20);
  expect(at('two, a').x).toBeGreaterThan(at('one, a').x + 20);
  expect(at('one, b').y).toBe(at('one, a').y);
  expect(at('two, a').y).toBeGreaterThan(at('one, a').y);
});

test('the pieces of a bar are as wide as what they stand for', () => {
  const { svg } = portionChart(
    [
      { name: 'run', part: 'read', value: 1 },
      { name: 'run', part: 'score', value: 3 },
    ],
    'Seconds',
    's',
  );
  const at = (words: string): Mark => marks(svg, 'rect').find(({ title }) => title.startsWith(words))!;
  expect((at('run, score').width + 1) / (at('run, read').width + 1)).toBeCloseTo(3, 1);
  expect(at('run, score').x).toBeGreaterThan(at('run, read').x);
});

test('a curve goes through its points: x to the right, y up', () => {
  const low = { x: 0.2, y: 0.9, text: 'low' };
  const { svg } = curveChart(
    [
      { name: 'a', points: [low, { x: 0.8, y: 0.1 }], mark: low },
      { name: 'b', points: [low, { x: 0.8, y: 0.1 }], mark: { x: 0.8, y: 0.1, text: 'high' } },
    ],
    { title: 'a curve', x: 'threshold', y: 'Dice' },
  );
  const { document } = parseHTML(`<body>${svg}</body>`);
  const dots = [...document.querySelectorAll('circle')].map((dot) =>
    [dot.getAttribute('cx'), dot.getAttribute('cy')].map(Number),
  );
  const [first, second] = dots as [[number, number], [number, number]];
  expect(second[0]).toBeGreaterThan(first[0] + 100);
  expect(second[1]).toBeGreaterThan(first[1] + 100);
  const line = document.querySelector('g[aria-label="line"] path')!.getAttribute('d')!;
  const places = [...line.matchAll(/([-\d.]+),([-\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  expect(places[1]![0]).toBeGreaterThan(places[0]![0]! + 100);
  expect(places[1]![1]).toBeGreaterThan(places[0]![1]! + 100);
});
