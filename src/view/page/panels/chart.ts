const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, LEFT, EDGE] = [640, 150, 44, 12];

/** A point of a chart, and the words that describe it. */
export interface ChartPoint {
  readonly value: number;
  readonly words: string;
}

/** Draws points in their order, joined by a line, with a scale on the left. */
export function chart(points: readonly ChartPoint[], title: string): SVGElement {
  const values = points.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = most - least || Math.abs(most) || 1;
  const x = (i: number): number => LEFT + ((WIDTH - LEFT - EDGE) * (i + 0.5)) / Math.max(1, points.length);
  const y = (value: number): number => HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * (value - least)) / span;
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: 'chart', 'aria-label': title });
  for (const value of least === most ? [least] : [least, most]) {
    svg.append(shape('line', { class: 'rule', x1: LEFT, x2: WIDTH - EDGE, y1: y(value), y2: y(value) }));
    svg.append(shape('text', { x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, value.toFixed(3)));
  }
  svg.append(shape('polyline', { points: points.map(({ value }, i) => `${x(i)},${y(value)}`).join(' ') }));
  for (const [i, { value, words }] of points.entries()) {
    const dot = shape('circle', { cx: x(i), cy: y(value), r: 4 });
    dot.append(shape('title', {}, words));
    svg.append(dot);
  }
  return svg;
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}
