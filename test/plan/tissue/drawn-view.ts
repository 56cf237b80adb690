import { tissueMap, tissueShare } from '../../../dist/plan/tissue/tissue.js';
import type { Pixels, Size } from '../../../dist/types.js';
import { dirty, ink } from '../../../samples/kidney/optics/glass.js';
import type { StainName } from '../../../samples/kidney/optics/stain.js';
import { kidneySlide } from '../../../samples/kidney/slide.js';
import { layOut } from '../../../samples/kidney/structures/section.js';

/** The view of a drawn slide in which tissue is found, and what is known of it. */
export interface DrawnView {
  readonly view: Pixels;
  /** Squares of {@link SQUARE} px of the view, 1 where there is tissue, and where the felt pen went over the glass. */
  readonly squares: Size;
  readonly tissue: Uint8Array;
  readonly pen: Uint8Array;
}

/** The side of the squares of which is known whether they are tissue, in px. */
export const SQUARE = 4;

/** The view is drawn in tiles of this side, in px. */
const TILE = 64;

/** The tissue is drawn up to this depth, in px: what is looked at here is the glass. */
const DEEP = 16;

/** A colour of tissue, for what lies deeper. */
const INSIDE = [190, 110, 170];

/** A view of a kidney with all of its glass, and the rim of its tissue. Width and height are multiples of 64 px. */
export function drawnView(size: Size, seed: number, stain: StainName, mpp: number): DrawnView {
  const { width, height } = size;
  const slide = kidneySlide({ size, seed, stain, mpp });
  const section = layOut({ width: width * mpp, height: height * mpp }, seed);
  const glass = dirty(section, seed);
  const squares = { width: width / SQUARE, height: height / SQUARE };
  const across = Array.from({ length: squares.width * squares.height }, (_, i): readonly [number, number] => [
    ((i % squares.width) + 0.5) * SQUARE * mpp,
    (Math.floor(i / squares.width) + 0.5) * SQUARE * mpp,
  ]);
  const depths = across.map(([x, y]) => section.depth(x, y));
  const tissue = Uint8Array.from(depths, (depth) => (depth > 0 ? 1 : 0));
  const pen = Uint8Array.from(across, ([x, y]) => (ink(glass, x, y) > 0 ? 1 : 0));
  const data = new Uint8Array(width * height * 3).map((_, i) => INSIDE[i % 3]!);
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      const rows = Array.from({ length: TILE / SQUARE }, (_, row) => (y / SQUARE + row) * squares.width + x / SQUARE);
      if (rows.every((from) => depths.slice(from, from + TILE / SQUARE).every((depth) => depth > DEEP * mpp))) continue;
      const { rgb } = slide.tile({ x, y, width: TILE, height: TILE });
      for (let row = 0; row < TILE; row++)
        data.set(rgb.subarray(row * TILE * 3, (row + 1) * TILE * 3), ((y + row) * width + x) * 3);
    }
  }
  return { view: { ...size, channels: 3, data }, squares, tissue, pen };
}

/** How many windows of a view are glass, without tissue and pen, and how many of them hold tissue by a mask. */
export function glassWindows({ view, squares, tissue, pen }: DrawnView, mask: Uint8Array, side: number) {
  const [found, known, inked] = [tissueMap(mask, view), tissueMap(tissue, squares), tissueMap(pen, squares)];
  let [glass, run] = [0, 0];
  for (let y = 0; y + side <= view.height; y += side) {
    for (let x = 0; x + side <= view.width; x += side) {
      const box = { x, y, width: side, height: side };
      if (tissueShare(known, box, view) > 0 || tissueShare(inked, box, view) > 0) continue;
      glass++;
      if (tissueShare(found, box, view) > 0) run++;
    }
  }
  return { glass, run };
}
