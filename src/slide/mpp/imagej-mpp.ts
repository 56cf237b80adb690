import type { Resolution } from '../../tiff/directory.js';
import { micrometresPer } from './length-units.js';
import type { MppStatement } from './mpp-statement.js';

/** Whether ImageJ or Fiji wrote a description. */
export function isImagej(description: string): boolean {
  return description.startsWith('ImageJ=');
}

/**
 * Reads the unit in an ImageJ description, such as `unit=micron`. The resolution tags then count in this unit, whatever
 * their own unit is (imagej.net, `ij.io.FileOpener`, `decodeDescriptionString`). The y axis may have a unit of its own.
 * Without a unit, nothing is known.
 */
export function imagejMpp(description: string, resolution: Resolution | undefined): MppStatement {
  if (!isImagej(description) || resolution === undefined) return {};
  const field = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'm').exec(description)?.[1]?.trim();
  const unit = field('unit') ?? '';
  if (unit === '' || /^pixels?$/i.test(unit)) return {};
  const [x, y] = [micrometresPer(unit), micrometresPer(field('yunit') || unit)];
  if (x === undefined || y === undefined) {
    return { notes: [`ImageJ says unit "${x === undefined ? unit : field('yunit')}", which is not a length: ignored`] };
  }
  const size = { x: x / resolution.x, y: y / resolution.y };
  return size.x > 0 && size.y > 0 && size.x < Infinity && size.y < Infinity ? { mpp: { ...size, source: 'ImageJ unit' } } : {};
}
