import type { Pixels, Samples, Size } from '../../types.js';
import { resample } from './resample.js';
import { axis } from './scale-axis.js';

/**
 * What takes whole images of one size to another by the rules of the working resolution: the mean over areas along an axis that shrinks,
 * bilinear with half-pixel centres along one that grows.
 *
 * @param from size of what is given, in px
 * @param to size of what is made, in px
 */
export function windowResampler(from: Size, to: Size): <Data extends Samples>(data: Data, channels: number) => Pixels<Data> {
  const x = axis(from.width, to.width);
  const y = axis(from.height, to.height);
  return (data, channels) => {
    const slab = { x: 0, y: 0, ...from, channels, data };
    return resample(x, y, { start: 0, length: to.width }, { start: 0, length: to.height }, () => slab);
  };
}
