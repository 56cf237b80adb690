import type { Box, Samples, Size } from '../../types.js';

/** Test-time augmentation: which views of a window the model is shown besides the window itself. */
export type Tta = 'none' | 'hflip' | 'vflip' | 'flips' | 'd4';

/** Every choice, in the order in which help texts list them. */
export const ttas: readonly Tta[] = ['none', 'hflip', 'vflip', 'flips', 'd4'];

/**
 * A symmetry of the square: first the axes are swapped (`transpose`), then left and right (`mirrorX`), then top and
 * bottom (`mirrorY`).
 */
export interface Symmetry {
  readonly transpose: boolean;
  readonly mirrorX: boolean;
  readonly mirrorY: boolean;
}

const flips: readonly Symmetry[] = [
  { transpose: false, mirrorX: false, mirrorY: false },
  { transpose: false, mirrorX: true, mirrorY: false },
  { transpose: false, mirrorX: false, mirrorY: true },
  { transpose: false, mirrorX: true, mirrorY: true },
];

const symmetries: Readonly<Record<Tta, readonly Symmetry[]>> = {
  none: flips.slice(0, 1),
  hflip: flips.slice(0, 2),
  vflip: [flips[0]!, flips[2]!],
  flips,
  d4: [...flips, ...flips.map((flip) => ({ ...flip, transpose: true }))],
};

/**
 * The symmetries of a choice, each once, the identity first: `hflip` and `vflip` two, `flips` four (left-right,
 * top-bottom, both), `d4` all eight of the square. Only `d4` swaps the axes, so only `d4` needs square windows.
 */
export function symmetriesOf(tta: Tta): readonly Symmetry[] {
  return symmetries[tta];
}

/** The inverse of a symmetry. */
export function inverse({ transpose, mirrorX, mirrorY }: Symmetry): Symmetry {
  return transpose ? { transpose, mirrorX: mirrorY, mirrorY: mirrorX } : { transpose, mirrorX, mirrorY };
}

/** The size of an image after a symmetry. */
export function turnedSize({ width, height }: Size, { transpose }: Symmetry): Size {
  return transpose ? { width: height, height: width } : { width, height };
}

/** How to step through the pixels of an image, in indices of its row-major pixels. */
export interface Walk {
  readonly start: number;
  readonly across: number;
  readonly down: number;
}

/**
 * Where the pixels of a turned image come from: pixel `(x, y)` of the turned image is pixel
 * `start + x * across + y * down` of the image.
 *
 * @param size of the image before the symmetry, in px
 */
export function placesOf({ width, height }: Size, { transpose, mirrorX, mirrorY }: Symmetry): Walk {
  const [stepX, stepY] = transpose ? [width, 1] : [1, width];
  const [lastX, lastY] = transpose ? [height - 1, width - 1] : [width - 1, height - 1];
  return {
    start: (mirrorX ? lastX * stepX : 0) + (mirrorY ? lastY * stepY : 0),
    across: mirrorX ? -stepX : stepX,
    down: mirrorY ? -stepY : stepY,
  };
}

/**
 * Copies an image of interleaved samples in the order of a symmetry; {@link inverse} brings it back.
 *
 * @param size of the image, in px
 * @param channels samples of one pixel
 * @param out receives as many samples, of the same type
 */
export function turn(data: Samples, size: Size, channels: number, symmetry: Symmetry, out: Samples): void {
  const { start, across, down } = placesOf(size, symmetry);
  const { width, height } = turnedSize(size, symmetry);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0, from = (start + y * down) * channels; x < width; x++, from += across * channels) {
      for (let c = 0; c < channels; c++) out[o++] = data[from + c]!;
    }
  }
}

/** Where a part of an image lies after a symmetry. The part and the sizes are in px of the image before it. */
export function turnedBox({ x, y, width, height }: Box, size: Size, symmetry: Symmetry): Box {
  const { transpose, mirrorX, mirrorY } = symmetry;
  const whole = turnedSize(size, symmetry);
  const part = transpose ? { x: y, y: x, width: height, height: width } : { x, y, width, height };
  return {
    ...part,
    x: mirrorX ? whole.width - part.x - part.width : part.x,
    y: mirrorY ? whole.height - part.y - part.height : part.y,
  };
}
