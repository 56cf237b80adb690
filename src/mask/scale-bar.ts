/** A scale bar in a picture. */
export interface DrawnScaleBar {
  /** Its length, in px of the picture. */
  readonly length: number;
  readonly text: string;
}

/** The digits that the length of a scale bar may begin with. */
const STEPS = [5, 2, 1] as const;

/**
 * The scale bar of a picture. Its length is 1, 2 or 5 times a power of ten in micrometres: the longest that takes up at
 * most a sixth of the width of the picture.
 *
 * @param width of the picture, in px
 * @param um micrometres per px of the picture
 */
export function scaleBar(width: number, um: number): DrawnScaleBar {
  const most = (width / 6) * um;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = power * STEPS.find((step) => step * power <= most)!;
  const text = length >= 1000 ? `${length / 1000} mm` : `${Number(length.toPrecision(1))} µm`;
  return { length: Math.round(length / um), text };
}
