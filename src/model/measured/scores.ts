/** Statistics of a network's scores over all windows that it was run on, per channel. */
export interface ScoreFacts {
  readonly least: readonly number[];
  readonly most: readonly number[];
  /** The smallest and largest score over the images only, all channels together. */
  readonly leastOfImages: number;
  readonly mostOfImages: number;
  /**
   * The largest |sum over channels - 1| of any pixel, and the largest |log of the sum of exp|, which is 0 for a
   * log-softmax.
   */
  readonly offOne: number;
  readonly offLogOne: number;
  /** Number of different values, counted up to {@link MOST_VALUES} + 1. */
  readonly values: number;
  readonly whole: boolean;
}

/** The most different values that a quantized output has, plus one for rounding. */
const MOST_VALUES = 257;

/** What the scores mean, or why that is not known. */
export type Meaning =
  | { readonly kind: 'logits' | 'log-softmax' }
  | { readonly kind: 'probabilities'; readonly exclusive: boolean }
  | { readonly kind: 'same' }
  | { readonly kind: 'unknown'; readonly why: string };

/** How far rounding may exceed a bound. */
const ROUNDING = 1e-3;

/**
 * Concludes what scores mean from their values on images and stress windows. Stress windows have noise of up to hundreds
 * of times the range of a picture; they distinguish a bounded function from logits that happen to be small.
 */
export function meaningOf(facts: ScoreFacts): Meaning {
  const { least, most, leastOfImages, mostOfImages, offOne, offLogOne, values, whole } = facts;
  const channels = least.length;
  const [low, high] = [Math.min(...least), Math.max(...most)];
  if (!(high >= low)) return { kind: 'unknown', why: 'no finite score was seen' };
  if (isSame(facts)) return { kind: 'same' };
  const within = (from: number, to: number) => (channel: number) => least[channel]! >= from && most[channel]! <= to;
  const all = Array.from({ length: channels }, (_, channel) => channel);
  if (all.every(within(-ROUNDING, 1 + ROUNDING))) {
    const allowed = values <= MOST_VALUES ? Math.max(ROUNDING, channels / 510) : ROUNDING;
    return { kind: 'probabilities', exclusive: channels > 1 && offOne <= allowed };
  }
  if (channels > 1 && high <= ROUNDING && offLogOne <= 0.02) return { kind: 'log-softmax' };
  if (whole) return { kind: 'unknown', why: 'whole numbers only: these look like class labels' };
  const bounded = [
    [-ROUNDING, 1 + ROUNDING, 'within 0..1'],
    [-1 - ROUNDING, 1 + ROUNDING, 'within -1..1, as of a tanh'],
    [-0.5, 1.5, 'hardly beyond 0..1'],
  ] as const;
  for (const [from, to, words] of bounded) {
    const which = all.filter(within(from, to));
    if (which.length > 0)
      return { kind: 'unknown', why: which.length === channels ? words : `channel ${which[0]} ${words}, others not` };
  }
  if (low < -1 && high > 0 && (leastOfImages < -0.5 || mostOfImages > 1.5)) return { kind: 'logits' };
  return { kind: 'unknown', why: 'neither bounded nor on both sides of 0, as logits are' };
}

/** Whether a network gives the same score everywhere, whatever it is shown. */
export function isSame({ least, most }: Pick<ScoreFacts, 'least' | 'most'>): boolean {
  return least.every((value, channel) => !(most[channel]! - value >= 1e-4));
}

/** Gathers {@link ScoreFacts} from planes of scores, `channels` per window. Scores that are not finite are ignored. */
export function createScoreFacts(channels: number): {
  add(planes: Float32Array, isImage: boolean): void;
  facts(): ScoreFacts;
} {
  const least = new Array<number>(channels).fill(Number.POSITIVE_INFINITY);
  const most = new Array<number>(channels).fill(Number.NEGATIVE_INFINITY);
  const images = { least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY };
  const values = new Set<number>();
  let [offOne, offLogOne, whole] = [0, 0, true];
  return {
    add(planes, isImage) {
      const size = planes.length / channels;
      for (let i = 0; i < planes.length; i++) {
        const value = planes[i]!;
        if (!Number.isFinite(value)) continue;
        const channel = Math.floor(i / size);
        if (value < least[channel]!) least[channel] = value;
        if (value > most[channel]!) most[channel] = value;
        if (isImage && value < images.least) images.least = value;
        if (isImage && value > images.most) images.most = value;
        if (values.size <= MOST_VALUES) values.add(value);
        whole &&= Number.isInteger(value);
      }
      for (let i = 0; i < size && channels > 1; i++) {
        let [sum, powers, top] = [0, 0, Number.NEGATIVE_INFINITY];
        for (let at = i; at < planes.length; at += size) {
          sum += planes[at]!;
          if (planes[at]! > top) top = planes[at]!;
        }
        if (!Number.isFinite(sum)) continue;
        for (let at = i; at < planes.length; at += size) powers += Math.exp(planes[at]! - top);
        offOne = Math.max(offOne, Math.abs(sum - 1));
        offLogOne = Math.max(offLogOne, Math.abs(top + Math.log(powers)));
      }
    },
    facts: () => ({
      least: [...least],
      most: [...most],
      leastOfImages: images.least,
      mostOfImages: images.most,
      offOne,
      offLogOne,
      values: values.size,
      whole,
    }),
  };
}
