import { type Background, RADIUS } from './background.js';
import { removeSmall } from './components.js';
import { fromBorder, growSquare } from './grow.js';
import { medianAbove } from './saturation.js';
import { balancedSaturation, type Seen } from './seen.js';

/** As dark as this and touching the border of the view is what a scanner did not look at. */
const UNSEEN = 12;

/** By how many px of the view that is grown, since its edge is blurred, and tissue, so that its rim is in. */
const GROWN = 4;

/** Objects and holes below these areas, in px of the view, are dust and gaps. */
const LEAST_OBJECT = 16;
const LEAST_HOLE = 64;

/**
 * Where a view shows something else than its background: 1, else 0. Black that touches the border is none. Objects under 16 and holes under 64 pixels
 * are removed, and what is left is grown by 4.
 *
 * @param background of the same view, by `findBackground`; without one everything is tissue
 */
export function autoTissue(seen: Seen, background: Background): Uint8Array {
  if (background.kind === 'neither') return new Uint8Array(seen.width * seen.height).fill(1);
  const mask = background.kind === 'glass' ? notGlass(seen, background) : above(seen.brightness, seen, background.above);
  removeSmall(mask, seen.width, seen.height, 1, LEAST_OBJECT);
  removeSmall(mask, seen.width, seen.height, 0, LEAST_HOLE);
  growSquare(mask, seen, GROWN);
  return mask;
}

function notGlass(seen: Seen, { color, atMost, saturation }: Extract<Background, { readonly kind: 'glass' }>): Uint8Array {
  const mask = above(balancedSaturation(seen.pixels, color), seen, saturation);
  const bright = above(seen.brightness, seen, atMost);
  for (let i = 0; i < mask.length; i++) mask[i]! |= 1 - bright[i]!;
  const unseen = unseenBorder(seen);
  if (unseen) for (let i = 0; i < mask.length; i++) mask[i]! &= 1 - unseen[i]!;
  return mask;
}

function above(plane: Uint8Array, { width, height }: Seen, threshold: number): Uint8Array {
  return medianAbove(plane, width, height, RADIUS, threshold);
}

/** Where the scanner did not look and made it black; undefined where nothing is that dark. */
function unseenBorder(seen: Seen): Uint8Array | undefined {
  if (seen.counts.subarray(0, UNSEEN + 1).every((count) => count === 0)) return undefined;
  const dark = above(seen.brightness, seen, UNSEEN);
  for (let i = 0; i < dark.length; i++) dark[i] = 1 - dark[i]!;
  return fromBorder(dark, seen, GROWN);
}
