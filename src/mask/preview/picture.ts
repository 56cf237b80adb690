import type { MaskClass, Pixels } from '../../types.js';

/** How strongly a fully labelled pixel takes the colour of its class, and how strongly an outline does; 0 to 1. */
const fill = 0.36;
const outline = 0.92;

/** Paints a picture from top to bottom, while the shares of its rows become known. */
export interface Painter {
  /** RGB samples of the picture. */
  readonly picture: Uint8Array;
  /**
   * Paints as many further rows as possible, given that the shares of the first `known` rows are known. If all rows are
   * known, it paints the whole picture.
   */
  paint(known: number): void;
}

/**
 * Starts to paint class colours over a slide, in proportion to the share (0 to 255) that each class has of a pixel. An
 * outline is drawn where the main class changes. Where `skipped` is 1, the slide is greyed and hatched.
 *
 * @param slide the picture as it is without the mask, which is painted over
 * @param shares one plane per class, of the picture's size; its rows are filled in from top to bottom
 */
export function painter(
  slide: Pixels,
  shares: readonly Uint8Array[],
  classes: readonly MaskClass[],
  skipped: Uint8Array | undefined,
): Painter {
  const { width, height } = slide;
  const picture = slide.data;
  const ruling = new Uint8Array(width * height);
  const reach = Math.max(width, height) >= 800 ? 2 : 1;
  const outlines = classes.map(({ color }) => tint(color, [outline]));
  const fills = classes.map(({ color }) => tint(color, fillOfShare));
  let ruled = 0;
  let painted = 0;

  function paintRow(y: number): void {
    for (let x = 0, pixel = y * width; x < width; x++, pixel++) {
      const own = ruling[pixel]!;
      if (own > 0 && onBorder(ruling, width, height, x, y, reach)) {
        mix(picture, pixel, outlines[own - 1]!, 0);
        continue;
      }
      for (let c = 0; c < shares.length; c++) {
        const share = shares[c]![pixel]!;
        if (share > 0) mix(picture, pixel, fills[c]!, share);
      }
    }
  }

  return {
    picture,
    paint(known) {
      if (known > ruled) rule(shares, ruling, ruled * width, known * width);
      ruled = Math.max(ruled, known);
      const end = ruled === height ? height : ruled - reach;
      for (; painted < end; painted++) {
        if (skipped) shadeRow(picture, skipped, width, painted);
        paintRow(painted);
      }
    },
  };
}

/** How strongly a pixel takes the colour of a class that has a share of 0 to 255 of it. */
const fillOfShare = Array.from({ length: 256 }, (_, share) => fill * (share / 255));

/**
 * Writes to the pixels `from` to `end` of `ruling` 1 + the index of the class with the largest share, if labels cover
 * at least half of the pixel. Other pixels are not changed.
 */
function rule(shares: readonly Uint8Array[], ruling: Uint8Array, from: number, end: number): void {
  for (let i = from; i < end; i++) {
    let [total, best, ruler] = [0, 0, 0];
    for (let c = 0; c < shares.length; c++) {
      const share = shares[c]![i]!;
      total += share;
      if (share > best) {
        best = share;
        ruler = c + 1;
      }
    }
    if (total >= 128) ruling[i] = ruler;
  }
}

/**
 * Whether the main class differs within `reach` pixels along an axis. The edge of the picture is not a border. The code
 * has no branches, because a processor would predict them wrongly at the borders of small objects.
 */
function onBorder(ruling: Uint8Array, width: number, height: number, x: number, y: number, reach: number): boolean {
  const row = y * width;
  const own = ruling[row + x]!;
  let differs = 0;
  for (let d = 1; d <= reach; d++) {
    differs |= own ^ ruling[row + Math.max(x - d, 0)]!;
    differs |= own ^ ruling[row + Math.min(x + d, width - 1)]!;
    differs |= own ^ ruling[Math.max(y - d, 0) * width + x]!;
    differs |= own ^ ruling[Math.min(y + d, height - 1) * width + x]!;
  }
  return differs !== 0;
}

function shadeRow(picture: Uint8Array, skipped: Uint8Array, width: number, y: number): void {
  for (let x = 0, pixel = y * width; x < width; x++, pixel++) {
    if (skipped[pixel] === 0) continue;
    const i = 3 * pixel;
    // Luma of ITU-R BT.601.
    const grey = 0.299 * picture[i]! + 0.587 * picture[i + 1]! + 0.114 * picture[i + 2]!;
    const hatched = (x + y) % 12 < 2;
    const level = hatched ? 0.55 * grey + 0.45 * 160 : 0.62 * grey + 0.38 * 196;
    picture.fill(Math.round(level), i, i + 3);
  }
}

/**
 * A colour at several strengths; four numbers each: the share of the slide that is kept, and what is added to red,
 * green and blue.
 */
function tint([red, green, blue]: MaskClass['color'], strengths: readonly number[]): Float64Array {
  return Float64Array.from(strengths.flatMap((strength) => [1 - strength, red * strength, green * strength, blue * strength]));
}

/** Lays a colour over a pixel, at one of the strengths of its {@link tint}. */
function mix(picture: Uint8Array, pixel: number, colors: Float64Array, strength: number): void {
  const kept = colors[4 * strength]!;
  for (let c = 0; c < 3; c++) {
    const i = 3 * pixel + c;
    // Storing into a byte cuts off the fraction, so adding 0.5 rounds.
    picture[i] = picture[i]! * kept + colors[4 * strength + 1 + c]! + 0.5;
  }
}
