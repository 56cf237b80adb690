/** The state of a pixel with the value that is looked for. */
const UNKNOWN = 0;
const LARGE = 1;
const IN_HAND = 2;

/**
 * Flips the connected regions (4-neighbourhood) of value `value` that have fewer than `least` pixels, in place: with
 * value 1, small objects are removed; with value 0, small holes are filled. A region is followed only until it is
 * large enough or meets a region known to be large, so large regions cost little.
 */
export function removeSmall(mask: Uint8Array, width: number, height: number, value: 0 | 1, least: number): void {
  // One more row above the first; its pixels stay UNKNOWN.
  const state = new Uint8Array(mask.length + width);
  const region = new Int32Array(least);
  let size = 0;
  let large = false;

  const visit = (at: number): void => {
    const known = state[at + width];
    if (large || mask[at] !== value || known === IN_HAND) return;
    large = known === LARGE || size + 1 >= least;
    if (known === LARGE) return;
    state[at + width] = IN_HAND;
    region[size++] = at;
  };

  for (let seed = 0; seed < mask.length; seed++) {
    if (mask[seed] !== value || state[seed + width] !== UNKNOWN) continue;
    const belowLarge = state[seed] === LARGE;
    if (belowLarge || (state[seed + width - 1] === LARGE && seed % width > 0)) {
      state[seed + width] = LARGE;
      continue;
    }
    size = 0;
    large = false;
    visit(seed);
    for (let next = 0; next < size && !large; next++) {
      const at = region[next]!;
      const x = at % width;
      if (x > 0) visit(at - 1);
      if (at >= width) visit(at - width);
      if (x < width - 1) visit(at + 1);
      if (at < width * (height - 1)) visit(at + width);
    }
    for (let i = 0; i < size; i++) {
      const at = region[i]!;
      if (large) state[at + width] = LARGE;
      else mask[at] = value === 1 ? 0 : 1;
    }
  }
}
