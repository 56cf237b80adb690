import { type Background, RADIUS } from './background.js';
import { removeSmall } from './components.js';
import { fromBorder, growSquare } from './grow.js';
import { medianAbove } from './saturation.js';
import { balancedSaturation, type Seen } from './seen.js';

/** Regions that are this dark or darker and touch the border of the view were not scanned. */
const UNSEEN = 12;

/**
 * How many px of the view masks are grown by: unscanned regions because their edges are blurred, and tissue so that
 * its rim is included.
 */
const GROWN = 4;

/** Objects and holes with fewer px of the view than this are taken as dust and gaps. */
const LEAST_OBJECT = 16;
const LEAST_HOLE = 64;

/**
 * The tissue mask of a view: 1 where it shows something other than its background, else 0. Black regions that touch
 * the border do not count as tissue. Objects of fewer than 16 pixels and holes of fewer than 64 pixels are removed,
 * and the rest is grown by 4 pixels.
 *
 * @param background of the same view, from `findBackground`; if its kind is `neither`, everything is tissue
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

/** The mask of black regions that were not scanned; undefined if nothing is that dark. */
function unseenBorder(seen: Seen): Uint8Array | undefined {
  if (seen.counts.subarray(0, UNSEEN + 1).every((count) => count === 0)) return undefined;
  const dark = above(seen.brightness, seen, UNSEEN);
  for (let i = 0; i < dark.length; i++) dark[i] = 1 - dark[i]!;
  return fromBorder(dark, seen, GROWN);
}
