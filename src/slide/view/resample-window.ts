import type { Pixels, Samples, Size } from '../../types.js';
import { resample } from './resample.js';
import { axis } from './scale-axis.js';

/**
 * Makes a function that resamples whole images from one size to another by the rules of the working resolution: along
 * an axis that shrinks, the mean over areas; along an axis that grows, bilinear with half-pixel centres.
 *
 * @param from size of the input, in px
 * @param to size of the output, in px
 */
export function windowResampler(from: Size, to: Size): <Data extends Samples>(data: Data, channels: number) => Pixels<Data> {
  const x = axis(from.width, to.width);
  const y = axis(from.height, to.height);
  return (data, channels) => {
    const slab = { x: 0, y: 0, ...from, channels, data };
    return resample(x, y, { start: 0, length: to.width }, { start: 0, length: to.height }, () => slab);
  };
}
