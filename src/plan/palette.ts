import type { Rgb } from '../types.js';

/**
 * Okabe and Ito's colours, which people with any kind of colour vision can tell apart (Color Universal Design, 2008,
 * https://jfly.uni-koeln.de/color/), without black. The colours that stand out on pink tissue come first.
 */
const okabeIto: readonly Rgb[] = [
  [0, 158, 115],
  [230, 159, 0],
  [0, 114, 178],
  [240, 228, 66],
  [86, 180, 233],
  [213, 94, 0],
  [204, 121, 167],
];

/**
 * The default colour of the class with this label (from 1), for when nobody chose one. After seven classes the same
 * colours repeat, darker each time.
 */
export function defaultColor(label: number): Rgb {
  const [red, green, blue] = okabeIto[(label - 1) % okabeIto.length]!;
  const light = 0.75 ** Math.floor((label - 1) / okabeIto.length);
  return [Math.round(red * light), Math.round(green * light), Math.round(blue * light)];
}
