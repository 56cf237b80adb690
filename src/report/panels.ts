import { IGNORED } from '../plan/labels/ignored.js';
import type { MaskClass, Pixels, Rgb } from '../types.js';

/** Colours of differences. They are those of Okabe and Ito's palette that differ most for every kind of colour vision. */
export const differenceColors: Readonly<Record<'truthOnly' | 'predictionOnly' | 'otherClass' | 'ignored', Rgb>> = {
  truthOnly: [0, 114, 178],
  predictionOnly: [230, 159, 0],
  otherClass: [204, 121, 167],
  ignored: [150, 150, 150],
};

/** How strongly a class tints its area, 0 to 1: enough to distinguish a tile that is filled by a class from one without it. */
const TINT = 0.14;

/** Width of an outline, in px. */
const OUTLINE = 2;

/**
 * A picture with its labels. Areas are outlined in the colour of their class, just inside their border, with a
 * contrasting line around it. Ignored areas are hatched.
 *
 * @param image RGB
 * @param labels one channel, of the same size
 */
export function outlined(image: Pixels, labels: Pixels, classes: readonly MaskClass[]): Pixels {
  const { width, height } = image;
  const data = new Uint8Array(image.data);
  const colors = new Map(classes.map(({ label, color }) => [label, color]));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const label = labels.data[at]!;
      const color = colors.get(label);
      if (color) mix(data, at, color, meetsOther(labels, x, y, OUTLINE) ? 1 : TINT);
      else {
        const near = colors.get(classBeside(labels, x, y));
        if (near) mix(data, at, luma(near) < 140 ? [255, 255, 255] : [0, 0, 0], 0.7);
        else if (label === IGNORED && (x + y) % 8 < 3) mix(data, at, differenceColors.ignored, 0.8);
      }
    }
  }
  return { width, height, channels: 3, data };
}

/**
 * A picture of the differences between truth and prediction. The image is pale grey, and darker where both agree on a
 * class. Colours from {@link differenceColors} mark areas that are in only one of them, and areas with another class in
 * each. Ignored areas are hatched.
 */
export function difference(image: Pixels, truth: Pixels, predicted: Pixels): Pixels {
  const { width, height } = image;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [is, takenFor] = [truth.data[at]!, predicted.data[at]!];
      const grey = luma(image.data.subarray(at * 3, at * 3 + 3));
      const agreed = is === takenFor && is !== 0;
      data.fill(agreed ? 0.45 * grey + 60 : 0.4 * grey + 150, at * 3, at * 3 + 3);
      if (is === IGNORED) {
        if ((x + y) % 8 < 3) mix(data, at, differenceColors.ignored, 0.8);
      } else if (is !== takenFor) {
        const { truthOnly, predictionOnly, otherClass } = differenceColors;
        mix(data, at, takenFor === 0 ? truthOnly : is === 0 ? predictionOnly : otherClass, 0.8);
      }
    }
  }
  return { width, height, channels: 3, data };
}

/** Whether there is another label within `reach` px along an axis. The edge of the picture is not a border. */
function meetsOther({ width, height, data }: Pixels, x: number, y: number, reach: number): boolean {
  const own = data[y * width + x];
  for (let d = 1; d <= reach; d++) {
    if (x >= d && data[y * width + x - d] !== own) return true;
    if (x + d < width && data[y * width + x + d] !== own) return true;
    if (y >= d && data[(y - d) * width + x] !== own) return true;
    if (y + d < height && data[(y + d) * width + x] !== own) return true;
  }
  return false;
}

/** The class of a neighbour along an axis, 0 if there is none. */
function classBeside({ width, height, data }: Pixels, x: number, y: number): number {
  const at = y * width + x;
  const neighbours = [x > 0 ? data[at - 1]! : 0, x + 1 < width ? data[at + 1]! : 0];
  neighbours.push(y > 0 ? data[at - width]! : 0, y + 1 < height ? data[at + width]! : 0);
  return neighbours.find((label) => label !== 0 && label !== IGNORED) ?? 0;
}

/** How light a colour looks, 0 to 255 (ITU-R BT.601). */
function luma(color: ArrayLike<number>): number {
  return 0.299 * color[0]! + 0.587 * color[1]! + 0.114 * color[2]!;
}

function mix(data: Uint8Array, pixel: number, color: Rgb, strength: number): void {
  for (let c = 0; c < 3; c++) {
    const i = 3 * pixel + c;
    data[i] = Math.round(data[i]! * (1 - strength) + color[c]! * strength);
  }
}
