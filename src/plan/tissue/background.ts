import type { Size } from '../../types.js';
import { medianRows } from './saturation.js';
import type { Seen } from './seen.js';

/** What lies behind the tissue of a view, and where tissue begins. */
export type Background =
  | {
      readonly kind: 'glass';
      /** Its red, green and blue, 0 to 255. */
      readonly color: readonly [number, number, number];
      /** Tissue is at most this bright … */
      readonly atMost: number;
      /** … or, white-balanced, more saturated than this. */
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

/** Of the median filters on brightness and saturation, in px of the view: 7 × 7. */
export const RADIUS = 3;

/**
 * Medians change little from row to row: in a view of many rows every seventh, which together look at each pixel once, have the histogram of
 * all. Few rows are all looked at.
 */
const SAMPLED_ROWS = 7;
const FEW_ROWS = 512;

/** Every how many rows of a view are looked at to know its histogram. */
export function sampling({ height }: Size): number {
  return height > FEW_ROWS ? SAMPLED_ROWS : 1;
}

/** Glass is at least this bright, and at most this saturated. */
const BRIGHT = 160;
const NEUTRAL = 12;

/** Saturation whose mode is here or above still rises towards {@link NEUTRAL}: what is there is pale tissue, not glass. */
const PALE = 11;

/** Least share of a view that is glass; more where colour cannot tell it from tissue. */
const GLASS_SHARE = 0.005;
const GREY_GLASS_SHARE = 0.1;

/** Glass is at least this much of what is black, else the view is a dark field with some light in it. */
const OF_BLACK = 0.5;

/** Grey glass is at least this much as bright as the brightest. */
const OF_TOP = 0.7;

/** As dark as this, times the brightest, is black; a dark field has at least that share of it, and something at least so bright. */
const BLACK = 0.2;
const BLACK_SHARE = 0.2;
const LIT = 50;

/** Tissue is darker than glass by these factors, with and without colour. */
const DARKER = 0.85;
const GREY_DARKER = 0.93;

/** Tissue has, white-balanced, more saturation than this. */
const STAIN = 10;

/** So many pixels may be beyond the background on its far side: dust, reflections. */
const BEYOND = 0.01;

/** Tissue on a dark field is brighter than its background by this share of the brightest, but at least so much. */
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
 * What a view shows where there is no tissue: bright, near neutral glass; or a dark, flat background; or neither. Judged by the 7 × 7 medians of
 * brightness and saturation.
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
  /** Which rows of the view the medians are of: every so many. */
  readonly every: number;
  readonly bright: Uint8Array;
  readonly saturated: Uint8Array;
  /** The brightest of the view, but for a thousandth. */
  readonly top: number;
  /** Share that is black. */
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
  // Scanners fill with pure white what they did not look at; it is glass only where there is no other.
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

/** Histograms of brightness, saturation, red, green and blue of what may be glass. */
type Histograms = readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];

function histograms(): Histograms {
  const empty = (): Uint32Array => new Uint32Array(256);
  return [empty(), empty(), empty(), empty(), empty()];
}

function totalOf([counts]: Histograms): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The most frequent value, counted with its two neighbours; of several the most frequent by itself, then the lowest. */
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
