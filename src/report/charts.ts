import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { defaultColor } from '../plan/palette.js';
import type { Chart } from './page.js';

/** A variant as a point of {@link qualityChart}. */
export interface QualityPoint {
  readonly name: string;
  readonly seconds: number;
  /** 0 to 1. */
  readonly quality: number;
  /** True if no other point is both better and faster. */
  readonly front: boolean;
}

/** A measure of one class under one name, such as the Dice of a variant. */
export interface ClassValue {
  readonly name: string;
  readonly className: string;
  /** 0 to 1; undefined if it is not known. */
  readonly value: number | undefined;
}

/** A part of a whole under one name, such as the seconds of a stage. */
export interface Portion {
  readonly name: string;
  readonly part: string;
  readonly value: number;
}

/** A line of {@link curveChart}. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** A point to mark on the curve, and the words for it. */
  readonly mark?: { readonly x: number; readonly y: number; readonly text: string };
}

const width = 640;

/** Margins of every plot in px, wide enough to keep the titles of axes apart from the figures at the ticks. */
const room = { marginTop: 40, marginRight: 24, marginBottom: 52, marginLeft: 56 } as const;

/** Height of a line of a label, which is also the smallest gap between two labels, in px. */
const LINE = 15;

/**
 * A chart of quality against time, with the Pareto front as a line. The names of the points on the front are in a
 * column on the right, the best at the top, each with a thin line to its point.
 */
export function qualityChart(points: readonly QualityPoint[], measure: string): Chart {
  const front = points.filter((point) => point.front).sort((a, b) => a.seconds - b.seconds);
  const others = points.filter((point) => !point.front);
  const place = { x: 'seconds', y: 'quality' } as const;
  const [slow, fast] = [Math.max(...points.map(({ seconds }) => seconds)), Math.min(...points.map(({ seconds }) => seconds))];
  const [best, least] = [Math.max(...points.map(({ quality }) => quality)), Math.min(...points.map(({ quality }) => quality))];
  const pad = best > least ? 0.06 * (best - least) : 0.05;
  const [low, high] = [least - pad, best + pad];
  const end = slow * 1.25;
  const wrapped = front.map((point) => ({ ...point, lines: wrap(point.name, LABEL_LETTERS) }));
  const heights = wrapped.map(({ lines }) => LINE * lines.length + 3);
  const inner = Math.max(
    290,
    heights.reduce((sum, each) => sum + each, 0),
  );
  const wanted = front.map(({ quality }) => ((high - quality) / (high - low)) * inner);
  const middles = placeLabels(wanted, heights, inner);
  const named = wrapped.map((point, i) => ({
    ...point,
    text: point.lines.join('\n'),
    at: high - (middles[i]! / inner) * (high - low),
  }));
  const letters = Math.max(0, ...wrapped.flatMap(({ lines }) => lines.map(({ length }) => length)));
  const svg = drawChart({
    height: inner + room.marginTop + room.marginBottom,
    marginRight: 34 + 7 * letters,
    x: { label: 'seconds, logarithmic →', type: 'log', domain: [fast / 1.25, end], ticks: 5, tickFormat: '~r' },
    y: { label: `↑ ${measure}`, domain: [low, high], ticks: 6, tickFormat: high - low < 0.05 ? '.3f' : '.2f', grid: true },
    marks: [
      Plot.link(named, { x1: 'seconds', y1: 'quality', x2: end, y2: 'at', strokeOpacity: 0.35 }),
      Plot.line(front, { ...place, curve: 'step-after', stroke: '#0072b2', strokeWidth: 2 }),
      Plot.dot(others, { ...place, r: 4, stroke: 'currentColor', title: titleOf }),
      Plot.dot(front, { ...place, r: 5, fill: '#0072b2', title: titleOf }),
      Plot.text(named, { x: end, y: 'at', text: 'text', textAnchor: 'start', dx: 6, fill: 'currentColor', className: 'label' }),
    ],
  });
  const said = front.map((point) => `${point.name} with ${figure(point.quality)} in ${figure(point.seconds)} s`).join('; ');
  return {
    title: `${measure} against time`,
    note: 'The line joins the variants on the front, which no other variant beats in both. Every variant below or right of it is worse or slower than one on it.',
    description: `${points.length} points. Best for its time: ${said}.`,
    svg,
  };

  function titleOf({ name, quality, seconds }: QualityPoint): string {
    return `${name}: ${figure(quality)} in ${figure(seconds)} s`;
  }
}

/** The most letters in a line of a label. */
const LABEL_LETTERS = 28;

/** Breaks a text into lines of at most `letters` letters, at spaces if possible; a longer word is broken inside. */
function wrap(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).flatMap((each) => each.match(new RegExp(`.{1,${letters}}`, 'gu')) ?? [])) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.length === 0 ? [''] : lines;
}

/**
 * Places labels in a column without overlap, each as near as possible to its wanted place.
 *
 * @param wanted the wanted middle of each label, in px from the top
 * @param heights of the labels, which fit into the column together
 * @returns where their middles are
 */
function placeLabels(wanted: readonly number[], heights: readonly number[], column: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);
  const middles = [...wanted];
  let top = 0;
  for (const i of order) {
    middles[i] = Math.max(wanted[i]!, top + heights[i]! / 2);
    top = middles[i]! + heights[i]! / 2;
  }
  let bottom = column;
  for (const i of order.reverse()) {
    middles[i] = Math.min(middles[i]!, bottom - heights[i]! / 2);
    bottom = middles[i]! - heights[i]! / 2;
  }
  return middles;
}

/** A chart of a measure by class: one row per name and one dot per class, with a different colour and shape for each class. */
export function classChart(values: readonly ClassValue[], measure: string): Chart {
  const known = values.filter((each): each is ClassValue & { value: number } => each.value !== undefined);
  const names = [...new Set(values.map(({ name }) => name))];
  const classes = [...new Set(values.map(({ className }) => className))];
  const scale = { domain: classes, range: paletteColors(classes.length) };
  const svg = drawChart({
    ...rows(names),
    x: { label: `${measure} →`, domain: [0, 1], grid: true },
    color: scale,
    symbol: { domain: classes },
    marks: [
      nameAxis,
      Plot.dot(known, {
        x: 'value',
        y: 'name',
        stroke: 'className',
        fill: 'className',
        symbol: 'className',
        r: 5,
        title: ({ name, className, value }: ClassValue & { value: number }) => `${name}, ${className}: ${figure(value)}`,
      }),
    ],
    legend: true,
  });
  const said = names.map(
    (name) =>
      `${name}: ${known
        .filter((each) => each.name === name)
        .map(({ className, value }) => `${className} ${figure(value)}`)
        .join(', ')}`,
  );
  return { title: `${measure} by class`, description: `${said.join('; ')}.`, svg };
}

/** A chart of stacked bars: one bar per name, one piece per part. */
export function portionChart(portions: readonly Portion[], title: string, unit: string): Chart {
  const names = [...new Set(portions.map(({ name }) => name))];
  const parts = [...new Set(portions.map(({ part }) => part))];
  const most = Math.max(...names.map((name) => portions.reduce((sum, each) => sum + (each.name === name ? each.value : 0), 0)));
  const svg = drawChart({
    ...rows(names),
    // Figures with many digits would touch each other.
    x: { label: `${unit} →`, grid: true, ticks: 5, ...(most >= 1e5 && { tickFormat: '~s' }) },
    color: { domain: parts, range: paletteColors(parts.length) },
    marks: [
      nameAxis,
      Plot.barX(portions, {
        x: 'value',
        y: 'name',
        fill: 'part',
        order: parts,
        inset: 0.5,
        title: ({ name, part, value }: Portion) => `${name}, ${part}: ${figure(value)} ${unit}`,
      }),
      Plot.ruleX([0]),
    ],
    legend: true,
  });
  const said = names.map(
    (name) =>
      `${name}: ${portions
        .filter((each) => each.name === name)
        .map(({ part, value }) => `${part} ${figure(value)}`)
        .join(', ')}`,
  );
  return { title, description: `In ${unit}. ${said.join('; ')}.`, svg };
}

/** A chart of curves in different colours. A legend has their names and the words for their marks. */
export function curveChart(
  curves: readonly Curve[],
  axes: { readonly title: string; readonly x: string; readonly y: string; readonly diagonal?: boolean },
): Chart {
  // The words for marks are in the legend, because beside the points of similar curves they would overlap.
  const named = curves.map((curve) => ({ ...curve, name: curve.mark ? `${curve.name}, ${curve.mark.text}` : curve.name }));
  const points = named.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const marks = named.flatMap(({ name, mark }) => (mark ? [{ name, ...mark }] : []));
  const names = named.map(({ name }) => name);
  const svg = drawChart({
    height: 360,
    x: { label: `${axes.x} →`, domain: [0, 1], grid: true },
    y: { label: `↑ ${axes.y}`, domain: [0, 1], grid: true },
    color: { domain: names, range: paletteColors(names.length) },
    marks: [
      ...(axes.diagonal === true ? [Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, strokeOpacity: 0.4 })] : []),
      Plot.line(points, { x: 'x', y: 'y', stroke: 'name', strokeWidth: 2 }),
      Plot.dot(marks, { x: 'x', y: 'y', fill: 'name', r: 5 }),
    ],
    legend: true,
  });
  const said = curves.map(({ name, mark }) => (mark ? `${name}: ${mark.text}` : name));
  return { title: axes.title, description: `${axes.y} over ${axes.x}. ${said.join('; ')}.`, svg };
}

/** Draws a plot without a browser. Its legend, if wanted, is drawn above it. */
export function drawChart({ legend, ...options }: Plot.PlotOptions & { readonly legend?: boolean }): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const x = { labelAnchor: 'center', labelOffset: 40, ...options.x } as const;
  const plot = Plot.plot({ document, width, ...room, ...options, x });
  plot.setAttribute('aria-hidden', 'true');
  const key = legend ? plot.legend(options.symbol ? 'symbol' : 'color', { document, className: 'key' } as object) : undefined;
  // A page allows only its own style, which has rules for charts.
  for (const drawn of [plot, key]) for (const style of drawn?.querySelectorAll('style') ?? []) style.remove();
  return `${key ? key.outerHTML : ''}${plot.outerHTML}`;
}

/** The most letters in a line of the name of a row. */
const NAME_LETTERS = 34;

/** Options of plots with one row per name. Names that are too long for a line are broken into several. */
function rows(names: readonly string[]) {
  const lines = names.map((name) => wrap(name, NAME_LETTERS));
  const most = Math.max(1, ...lines.map(({ length }) => length));
  const letters = Math.max(0, ...lines.flatMap((each) => each.map(({ length }) => length)));
  return {
    height: room.marginTop + room.marginBottom + (10 + LINE * most) * names.length,
    marginLeft: 24 + 7 * letters,
    y: { label: null, domain: names },
  };
}

/** The names of rows. */
const nameAxis = Plot.axisY({ label: null, tickFormat: (name: string) => wrap(name, NAME_LETTERS).join('\n') });

function paletteColors(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `rgb(${defaultColor(i + 1).join(' ')})`);
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}
