/** The SVG path of each icon, in a square of 24 × 24. */
const LINES = {
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  whole: 'M4 5h16v14H4zM8 9h8v6H8z',
  turn: 'M19 12a7 7 0 1 1-2.2-5.1M19 3v5h-5',
  full: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  ruler: 'M3 16 16 3l5 5L8 21zM8 11l2 2M11 8l2 2M14 5l2 2',
  save: 'M4 8h4l2-3h4l2 3h4v11H4zM12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7',
  help: 'M9 9a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 2.1M12 17.5v.1',
} as const;

/** Name of an icon. */
export type IconName = keyof typeof LINES;

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an icon in the colour of the text around it. */
export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const attributes = {
    viewBox: '0 0 24 24',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '2',
    'stroke-linecap': 'round',
    'aria-hidden': 'true',
  };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', LINES[name]);
  svg.append(path);
  return svg;
}
