import * as Plot from '@observablehq/plot';
import { drawChart } from '../../../dist/report/charts.js';

/** What one way took for one slide: medians of its rounds. */
export interface Measured {
  readonly name: string;
  readonly megapixels: number;
  /** What a window costs in the network, in GFLOP. Only slides with the same network lie on one line. */
  readonly gflop: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const TITLE = 'Processor time and peak memory against the size of the slide';
const height = 360;
/** Room for the names on the right, in px; smallest distance between two of them; width of a picture. */
const NAMES = 190;
const GAP = 14;
const WIDTH = 640;
const MARGINS = { top: 40, bottom: 52 } as const;

/** Draws processor time and peak memory against the size of the slide, one line for each way, as an SVG file. */
export function comparisonChart(all: readonly Measured[]): string {
  const names = [...new Set(all.map(({ name }) => name))];
  const plots = [plot(all, names, 'cpuSeconds', '↑ processor time in s'), plot(all, names, 'peakMb', '↑ peak memory in MB')];
  const placed = plots.map((svg, index) => `<g transform="translate(0 ${index * height})">${svg}</g>`).join('\n');
  const box = `width="${WIDTH}" height="${plots.length * height}"`;
  const font = 'font-family="system-ui, sans-serif" font-size="11"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box} ${font}><title>${TITLE}</title><rect ${box} fill="white"/>${placed}</svg>\n`;
}

function plot(all: readonly Measured[], names: readonly string[], figure: 'cpuSeconds' | 'peakMb', label: string): string {
  const values = all.map((each) => each[figure]);
  const domain = [Math.min(...values) / 1.3, Math.max(...values) * 1.3] as const;
  const most = Math.max(...all.map(({ megapixels }) => megapixels));
  const ends = names.map((name) => {
    const own = all.filter((each) => each.name === name);
    return { name, value: own.reduce((a, b) => (b.megapixels >= a.megapixels ? b : a))[figure] };
  });
  const place = { x: 'megapixels', y: figure, stroke: 'name' } as const;
  return drawChart({
    height,
    marginRight: NAMES,
    color: { domain: [...names], scheme: 'observable10' },
    x: { type: 'log', label: 'size of the slide in megapixels →', ticks: 5, tickFormat: '~r' },
    y: { type: 'log', label, domain: [...domain], ticks: 5, tickFormat: '~r', grid: true },
    marks: [
      Plot.line(all, {
        ...place,
        z: ({ name, gflop }: Measured) => `${name} ${gflop}`,
        strokeWidth: ({ name }: Measured) => (name.startsWith('segtile') ? 3 : 1.2),
      }),
      Plot.dot(all, { ...place, r: 2.5, fill: 'name' }),
      Plot.text(apart(ends, domain), { x: most * 1.15, y: 'at', text: 'name', fill: 'name', textAnchor: 'start' }),
    ],
  });
}

/** Places for the names at the ends of lines, on a logarithmic axis, so that none covers another. */
function apart(ends: readonly { name: string; value: number }[], [low, high]: readonly [number, number]) {
  const inner = height - MARGINS.top - MARGINS.bottom;
  const pixel = (value: number): number => (inner * Math.log(high / value)) / Math.log(high / low);
  let last = Number.NEGATIVE_INFINITY;
  const placed = [...ends]
    .sort((a, b) => b.value - a.value)
    .map(({ name, value }) => {
      last = Math.max(pixel(value), last + GAP);
      return { name, down: last };
    });
  const over = Math.max(0, last - inner);
  return placed.map(({ name, down }) => ({ name, at: high * (low / high) ** ((down - over) / inner) }));
}
