import type { Size } from '../../types.js';
import { medianRows } from './saturation.js';
import type { Seen } from './seen.js';

/** The background of a view, and the thresholds that separate tissue from it. */
export type Background =
  | {
      readonly kind: 'glass';
      /** Its red, green and blue, 0 to 255. */
      readonly color: readonly [number, number, number];
      /** Tissue is at most this bright … */
      readonly atMost: number;
      /** … or, after white balance, more saturated than this. */
      readonly saturation: number;
    }
  | {
      readonly kind: 'dark field';
      /** How bright the background is. */
      readonly level: number;
      /** Tissue is brighter than this. */
      readonly above: number;
    }
  | {
      readonly kind: 'neither';
      /** Why neither was found, as part of a sentence. */
      readonly reason: string;
    };

/** Radius of the median filters on brightness and saturation, in px of the view: they are 7 × 7. */
export const RADIUS = 3;

/**
 * Medians change little from row to row. In a view of many rows, every seventh row is filtered: together these
 * filters see each pixel once and give nearly the same histogram as all rows. In a view of few rows, all are
 * filtered.
 */
const SAMPLED_ROWS = 7;
const FEW_ROWS = 512;

/** The step between the rows that are filtered to get the histogram of a view. */
export function sampling({ height }: Size): number {
  return height > FEW_ROWS ? SAMPLED_ROWS : 1;
}

/** Glass is at least this bright, and at most this saturated. */
const BRIGHT = 160;
const NEUTRAL = 12;

/**
 * If the mode of saturation is here or above, the histogram still rises towards {@link NEUTRAL}: this is pale tissue,
 * not glass.
 */
const PALE = 11;

/**
 * The least share of a view that must be glass; it is higher for grey views, in which colour cannot tell glass from
 * tissue.
 */
const GLASS_SHARE = 0.005;
const GREY_GLASS_SHARE = 0.1;

/** The least ratio of glass to black pixels; below it, the view is a dark field with some light in it. */
const OF_BLACK = 0.5;

/** In a grey view, glass is at least this share of the highest brightness. */
const OF_TOP = 0.7;

/**
 * A pixel is black up to this share of the highest brightness. A dark field has at least the share BLACK_SHARE of
 * black pixels, and its highest brightness is at least LIT.
 */
const BLACK = 0.2;
const BLACK_SHARE = 0.2;
const LIT = 50;

/** Tissue is darker than glass by these factors, with and without colour. */
const DARKER = 0.85;
const GREY_DARKER = 0.93;

/** After white balance, tissue is more saturated than this. */
const STAIN = 10;

/**
 * The largest share of pixels that may lie on the wrong side of the background (brighter than glass, or darker than a
 * dark field), such as dust and reflections.
 */
const BEYOND = 0.01;

/**
 * Tissue on a dark field is brighter than the background by at least this share of the range from the background to
 * the highest brightness, and by at least LEAST_BRIGHTER.
 */
const BRIGHTER = 0.04;
const LEAST_BRIGHTER = 3;

/** The brightness that 99.9 % of the pixels do not exceed. */
function topOf({ counts, brightness }: Seen): number {
  let seen = 0;
  for (let value = 0; value < 256; value++) {
    seen += counts[value]!;
    if (seen >= 0.999 * brightness.length) return value;
  }
  return 255;
}

/**
 * Finds the background of a view: bright, nearly neutral glass; or a dark, flat background; or neither. It is judged
 * by the 7 × 7 medians of brightness and saturation.
 */
export function findBackground(seen: Seen): Background {
  const every = sampling(seen);
  const { width, height } = seen;
  const bright = medianRows(seen.brightness, width, height, RADIUS, every);
  const saturated = medianRows(seen.saturation, width, height, RADIUS, every);
  const top = topOf(seen);
  let black = 0;
  for (let i = 0; i < bright.length; i++) if (bright[i]! <= BLACK * top) black++;
  const view: Medians = { seen, every, bright, saturated, top, black: black / bright.length };
  const glass = findGlass(view);
  if (glass.kind === 'glass') return glass;
  return findDarkField(view) ?? glass;
}

interface Medians {
  readonly seen: Seen;
  /** The medians are those of every `every`-th row of the view. */
  readonly every: number;
  readonly bright: Uint8Array;
  readonly saturated: Uint8Array;
  /** The highest brightness of the view, without the brightest thousandth of its pixels. */
  readonly top: number;
  /** The share of the pixels that is black. */
  readonly black: number;
}

function findGlass(view: Medians): Background {
  const { seen, every, bright, saturated, top, black } = view;
  const { width, colour, pixels } = seen;
  const none = (reason: string): Background => ({ kind: 'neither', reason });
  const darkest = colour ? BRIGHT : Math.max(BRIGHT, OF_TOP * top);
  const { data, channels } = pixels;
  const placeOf = (i: number): number => (Math.floor(i / width) * every * width + (i % width)) * channels;
  const isWhite = (at: number): boolean => data[at] === 255 && data[at + 1] === 255 && data[at + 2] === 255;
  const plain = histograms();
  const white = histograms();
  for (let i = 0; i < bright.length; i++) {
    if (bright[i]! < darkest || saturated[i]! > NEUTRAL) continue;
    const at = placeOf(i);
    const into = isWhite(at) ? white : plain;
    into[0][bright[i]!]!++;
    into[1][saturated[i]!]!++;
    for (let c = 0; c < 3; c++) into[2 + c]![data[at + c]!]!++;
  }
  // Scanners fill unscanned regions with pure white. Pure white counts as glass only if there is too little other
  // glass.
  if (totalOf(plain) < GLASS_SHARE * bright.length)
    plain.forEach((counts, part) => {
      for (let value = 0; value < counts.length; value++) counts[value]! += white[part]![value]!;
    });
  const share = totalOf(plain) / bright.length;
  const [brightness, saturation, ...color] = plain.map(mode) as [number, number, number, number, number];
  if (share < (colour ? GLASS_SHARE : GREY_GLASS_SHARE))
    return none(colour ? 'nothing is bright and neutral' : 'too little is bright');
  if (share < OF_BLACK * black) return none('there is more black than glass');
  if (saturation >= PALE) return none('what is bright is pale, not neutral');
  if (!colour) {
    let brighter = 0;
    for (let i = 0; i < bright.length; i++) if (bright[i]! > brightness / GREY_DARKER + 1 && !isWhite(placeOf(i))) brighter++;
    if (brighter > BEYOND * bright.length) return none('without colour, much is brighter than what is most frequent');
  }
  return {
    kind: 'glass',
    color,
    atMost: Math.ceil((colour ? DARKER : GREY_DARKER) * brightness) - 1,
    saturation: STAIN,
  };
}

function findDarkField({ bright, top, black }: Medians): Background | undefined {
  if (black < BLACK_SHARE || top < LIT) return undefined;
  const counts = new Uint32Array(256);
  for (let i = 0; i < bright.length; i++) if (bright[i]! <= BLACK * top) counts[bright[i]!]!++;
  const level = mode(counts);
  const step = Math.max(LEAST_BRIGHTER, BRIGHTER * (top - level));
  let darker = 0;
  for (let i = 0; i < bright.length; i++) if (bright[i]! < level - step) darker++;
  return darker > BEYOND * bright.length ? undefined : { kind: 'dark field', level, above: Math.floor(level + step) };
}

/** Histograms of brightness, saturation, red, green and blue of the pixels that may be glass. */
type Histograms = readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];

function histograms(): Histograms {
  const empty = (): Uint32Array => new Uint32Array(256);
  return [empty(), empty(), empty(), empty(), empty()];
}

function totalOf([counts]: Histograms): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The value that is most frequent together with its two neighbours. On a tie, the value that is more frequent by
 * itself wins, then the lower value.
 */
function mode(counts: Uint32Array): number {
  let best = 0;
  let most = -1;
  for (let value = 0; value < counts.length; value++) {
    const sum = (counts[value - 1] ?? 0) + counts[value]! + (counts[value + 1] ?? 0);
    if (sum > most || (sum === most && counts[value]! > counts[best]!)) {
      best = value;
      most = sum;
    }
  }
  return best;
}
