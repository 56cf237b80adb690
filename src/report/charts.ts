import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { defaultColor } from '../plan/palette.js';
import type { Chart } from './page.js';

/** One way to do it, as a point of {@link qualityChart}. */
export interface QualityPoint {
  readonly name: string;
  readonly seconds: number;
  /** 0 to 1. */
  readonly quality: number;
  /** No other is both better and faster. */
  readonly front: boolean;
}

/** A measure of one class under one name, such as the Dice of a variant. */
export interface ClassValue {
  readonly name: string;
  readonly className: string;
  /** 0 to 1; undefined where it could not be told. */
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
  /** A point of it that matters, and what it is. */
  readonly mark?: { readonly x: number; readonly y: number; readonly text: string };
}

const width = 640;

/** Quality against time, the Pareto front as a line. The names of what is on the front are written beside it. */
export function qualityChart(points: readonly QualityPoint[], measure: string): Chart {
  const front = points.filter((point) => point.front).sort((a, b) => a.seconds - b.seconds);
  const others = points.filter((point) => !point.front);
  const place = { x: 'seconds', y: 'quality' } as const;
  const levels = labelLevels(front);
  const lines = [...new Set(levels)];
  const svg = draw({
    height: 380,
    // The upper left of a front is empty: its names stand there.
    insetLeft: 7 * Math.max(0, ...front.map(({ name }) => name.length)),
    insetTop: 20 + LABEL_HEIGHT * Math.max(0, ...levels),
    x: { label: 'seconds, logarithmic →', type: 'log', nice: true, ticks: 5, tickFormat: '~r' },
    y: { label: `↑ ${measure}`, nice: true, grid: true },
    marks: [
      Plot.line(front, { ...place, curve: 'step-after', stroke: '#0072b2', strokeWidth: 2 }),
      Plot.dot(others, { ...place, r: 4, stroke: 'currentColor', title: titleOf }),
      Plot.dot(front, { ...place, r: 5, fill: '#0072b2', title: titleOf }),
      ...lines.map((line) =>
        Plot.text(
          front.filter((_, i) => levels[i] === line),
          { ...place, text: 'name', textAnchor: 'end', dx: -8, dy: -9 - LABEL_HEIGHT * line, fill: 'currentColor' },
        ),
      ),
    ],
  });
  const said = front.map((point) => `${point.name} with ${figure(point.quality)} in ${figure(point.seconds)} s`).join('; ');
  return {
    title: `${measure} against time`,
    description: `${points.length} points. Best for its time: ${said}.`,
    svg,
  };

  function titleOf({ name, quality, seconds }: QualityPoint): string {
    return `${name}: ${figure(quality)} in ${figure(seconds)} s`;
  }
}

/** Height of a line of labels in px, and what is too near for two labels on one: a share of the height, and a ratio of seconds. */
const LABEL_HEIGHT = 13;
const NEAR = { quality: 0.05, seconds: 4 };

/** For each point the line that its label stands on, so that those of neighbours do not lie over each other. */
function labelLevels(front: readonly QualityPoint[]): number[] {
  const range = Math.max(...front.map(({ quality }) => quality)) - Math.min(...front.map(({ quality }) => quality)) || 1;
  const levels: number[] = [];
  for (const [i, point] of front.entries()) {
    const taken = front.slice(0, i).flatMap((other, j) => {
      const near =
        Math.abs(other.quality - point.quality) < NEAR.quality * range && point.seconds / other.seconds < NEAR.seconds;
      return near ? [levels[j]!] : [];
    });
    let level = 0;
    while (taken.includes(level)) level++;
    levels.push(level);
  }
  return levels;
}

/** A measure by class: a row a name, a dot a class, told apart by colour and by shape. */
export function classChart(values: readonly ClassValue[], measure: string): Chart {
  const known = values.filter((each): each is ClassValue & { value: number } => each.value !== undefined);
  const names = [...new Set(values.map(({ name }) => name))];
  const classes = [...new Set(values.map(({ className }) => className))];
  const scale = { domain: classes, range: paletteColors(classes.length) };
  const svg = draw({
    height: 60 + 24 * names.length,
    marginLeft: leftFor(names),
    x: { label: `${measure} →`, domain: [0, 1], grid: true },
    y: { label: null, domain: names },
    color: scale,
    symbol: { domain: classes },
    marks: [
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

/** What each whole is made of: a bar a name, a piece a part. */
export function portionChart(portions: readonly Portion[], title: string, unit: string): Chart {
  const names = [...new Set(portions.map(({ name }) => name))];
  const parts = [...new Set(portions.map(({ part }) => part))];
  const svg = draw({
    height: 60 + 24 * names.length,
    marginLeft: leftFor(names),
    x: { label: `${unit} →`, grid: true },
    y: { label: null, domain: names },
    color: { domain: parts, range: paletteColors(parts.length) },
    marks: [
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

/** Lines over one axis, told apart by colour and dashes, with their names at a legend. */
export function curveChart(
  curves: readonly Curve[],
  axes: { readonly title: string; readonly x: string; readonly y: string; readonly diagonal?: boolean },
): Chart {
  const points = curves.flatMap(({ name, points }) => points.map((point) => ({ name, ...point })));
  const marks = curves.flatMap(({ name, mark }) => (mark ? [{ name, ...mark }] : []));
  const names = curves.map(({ name }) => name);
  const svg = draw({
    height: 360,
    x: { label: `${axes.x} →`, domain: [0, 1], grid: true },
    y: { label: `↑ ${axes.y}`, domain: [0, 1], grid: true },
    color: { domain: names, range: paletteColors(names.length) },
    marks: [
      ...(axes.diagonal === true ? [Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, strokeOpacity: 0.4 })] : []),
      Plot.line(points, { x: 'x', y: 'y', stroke: 'name', strokeWidth: 2 }),
      Plot.dot(marks, { x: 'x', y: 'y', fill: 'name', r: 5 }),
      Plot.text(marks, { x: 'x', y: 'y', text: 'text', dy: -12, fill: 'currentColor' }),
    ],
    legend: true,
  });
  const said = curves.map(({ name, mark }) => (mark ? `${name}: ${mark.text}` : name));
  return { title: axes.title, description: `${axes.y} over ${axes.x}. ${said.join('; ')}.`, svg };
}

/** Draws a plot without a browser. Its legend, where it is wanted, is drawn above it. */
function draw({ legend, ...options }: Plot.PlotOptions & { readonly legend?: boolean }): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({ document, width, ...options });
  plot.setAttribute('aria-hidden', 'true');
  const key = legend ? plot.legend(options.symbol ? 'symbol' : 'color', { document, className: 'key' } as object) : undefined;
  // A page lets no style pass but its own, which has rules for charts.
  for (const drawn of [plot, key]) for (const style of drawn?.querySelectorAll('style') ?? []) style.remove();
  return `${key ? key.outerHTML : ''}${plot.outerHTML}`;
}

/** Room for the longest name, in px. */
function leftFor(names: readonly string[]): number {
  return Math.min(280, 20 + 7 * Math.max(...names.map(({ length }) => length)));
}

function paletteColors(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `rgb(${defaultColor(i + 1).join(' ')})`);
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}
