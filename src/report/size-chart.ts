import * as Plot from '@observablehq/plot';
import { defaultColor } from '../plan/palette.js';
import { drawChart } from './charts.js';
import type { Chart } from './page.js';

/** A histogram of the sizes of a class's objects. */
export interface Sizes {
  readonly name: string;
  /** The edges of the bins, from small to large; one more than there are counts. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** A chart of a histogram of sizes, with a logarithmic axis. `unit` is the unit of the edges. */
export function sizeChart({ name, edges, counts }: Sizes, unit: string): Chart {
  const bars = counts.map((count, i) => ({ from: edges[i]!, to: edges[i + 1]!, count }));
  const svg = drawChart({
    height: 240,
    x: { type: 'log', label: `area in ${unit} →` },
    y: { label: '↑ objects', grid: true },
    marks: [
      Plot.rect(bars, { x1: 'from', x2: 'to', y1: 0, y2: 'count', fill: `rgb(${defaultColor(1).join(' ')})` }),
      Plot.ruleY([0]),
    ],
  });
  const most = bars.reduce((a, b) => (b.count > a.count ? b : a));
  const figure = (value: number): string => String(Number(value.toPrecision(3)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    title: `Sizes of ${name}`,
    description: `${total} objects by area in ${unit}; most, ${most.count}, from ${figure(most.from)} to ${figure(most.to)}.`,
    svg,
  };
}
