import { findObjects, type MaskObject, type SamplesOf } from '../../dist/objects/find.js';

/** All objects of a mask, in the order in which they are found. */
export function objectsOf(labels: Uint8Array, width: number, samples?: (y: number) => SamplesOf): MaskObject[] {
  const found: MaskObject[] = [];
  const finder = findObjects((object) => found.push(object));
  for (let y = 0; y * width < labels.length; y++) finder.row(labels.subarray(y * width, (y + 1) * width), samples?.(y));
  finder.finish();
  return found;
}
