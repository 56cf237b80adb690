import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import type { GridSettings } from './grid.js';

/** How windows are placed, independent of the image. */
export type Geometry = Pick<GridSettings, 'window' | 'stride' | 'margin' | 'phase'>;

/**
 * The windows that a model sees at a scale. Their sides are `round(length / scale)`, so that resampling them to the
 * model's window magnifies by `scale`. Stride and margin are divided by `scale` as well, rounded, and then made
 * legal: a window keeps at least one pixel, and the cores leave no gaps. At a scale other than 1 no phase is known: a
 * shift by whole pixels is none by whole pixels of the model.
 *
 * @param scale above 0; 2 shows the model everything twice as large
 * @throws {SegtileError} `usage` if a side of a window is less than 1 px or more than {@link LONGEST_WINDOW}
 */
export function scaledGeometry(geometry: Geometry, scale: number): Geometry {
  if (scale === 1) return geometry;
  const { window, stride, margin } = geometry;
  const scaled = ({ width, height }: Size): Size => ({ width: Math.round(width / scale), height: Math.round(height / scale) });
  const side = scaled(window);
  const [shortest, longest] = [Math.min(side.width, side.height), Math.max(side.width, side.height)];
  if (!(shortest >= 1) || longest > LONGEST_WINDOW) {
    throw new SegtileError(
      'usage',
      `a scale of ${scale} makes windows of ${side.width} × ${side.height} px, but they need 1 to ${LONGEST_WINDOW} px`,
      'use scales near 1, such as 0.8,1,1.25',
    );
  }
  const kept = Math.min(Math.round(margin / scale), Math.floor((shortest - 1) / 2));
  const step = scaled(stride);
  return {
    window: side,
    stride: {
      width: Math.max(1, Math.min(step.width, side.width - 2 * kept)),
      height: Math.max(1, Math.min(step.height, side.height - 2 * kept)),
    },
    margin: kept,
  };
}

/**
 * The longest side of a window, in working pixels. Three copies of the window, as bytes and floats, must fit into
 * memory beside those of the network itself.
 */
export const LONGEST_WINDOW = 8192;
