import type { Box, Pixels, Size } from '../types.js';
import { drawCrop, enlargeImage, enlargeLabels } from './crop.js';
import { createDraws, type Draws } from './draws.js';
import { cutoutHoles, drawGrid, fillHoles, fillLabels, gridHoles } from './holes.js';
import { blend, drawPatch, drawRatio, lay, nothingKnown, ownShare } from './mix.js';
import { snap } from './snap.js';
import { drawStainChanges, jitterStains } from './stain.js';
import { type AugmentStep, type Filling, isMix, type Mix, type SnapMix } from './steps.js';
import { flipHorizontal, flipVertical, rotate90 } from './turn.js';

/** An image and its labels, both of the same size. */
export interface Pair {
  /** RGB. */
  readonly image: Pixels;
  /** One channel; 0 is background, 255 is ignored. */
  readonly mask: Pixels;
  /** Where the class of the tile is active, for snapmix: cells of a byte that cover the tile evenly. */
  readonly activation?: Pixels | undefined;
}

/** A tile to mix with another one. */
export interface Partner extends Pair {
  readonly id: string;
}

/** A changed copy of a tile. */
export interface Copy extends Pair {
  /**
   * The labels of the tile that was mixed in, and the weights of both: labels are `ratio` parts `mask` and `otherRatio`
   * parts `mixed.mask`.
   */
  readonly mixed:
    | { readonly partner: string; readonly mask: Pixels; readonly ratio: number; readonly otherRatio: number }
    | undefined;
  /** The part of the tile that the copy shows, in pixels of the tile. */
  readonly box: Box;
  /** The steps that were done, in order. */
  readonly done: readonly Done[];
}

/** A step that was done: its kind, and words that name it with the values drawn. */
export interface Done {
  readonly kind: AugmentStep['kind'];
  readonly words: string;
}

/**
 * Whether a copy of a tile will be mixed with another tile.
 *
 * @param copy names the copy: unique in the dataset
 */
export function isMixed(steps: readonly AugmentStep[], copy: string): boolean {
  return steps.some((step, index) => isMix(step) && drawsOf(step, index, copy) !== undefined);
}

/**
 * A copy of a tile, in which each step is done with its probability. A copy is mixed at most once, and only if there
 * is a partner. The random draws depend only on the step, its place in the list, and the name of the copy.
 *
 * @param known the part of the tile, from its top left, that lies on the slide
 * @param copy names the copy: unique in the dataset
 */
export function makeCopy(
  tile: Pair,
  known: Size,
  steps: readonly AugmentStep[],
  copy: string,
  partner: Partner | undefined,
): Copy {
  const { width, height } = tile.image;
  let made: Copy = { ...tile, mixed: undefined, box: { x: 0, y: 0, width, height }, done: [] };
  for (const [index, step] of steps.entries()) {
    const draws = drawsOf(step, index, copy);
    if (draws === undefined) continue;
    const taken = take(made, step, draws, known, partner);
    if (taken)
      made = { ...taken.copy, done: [...made.done, { kind: step.kind, words: [step.kind, ...taken.words].join(' ') }] };
  }
  return made;
}

/** The random draws for a step, or undefined if chance skips it. */
function drawsOf({ kind, probability, seed }: AugmentStep, index: number, copy: string): Draws | undefined {
  const draws = createDraws(seed, `augment/${index}/${kind}/${copy}`);
  return draws.one() < probability ? draws : undefined;
}

/** A copy after one more step. */
interface Taken {
  readonly copy: Copy;
  /** The values drawn, in words. */
  readonly words: readonly string[];
}

function take(copy: Copy, step: AugmentStep, draws: Draws, known: Size, partner: Partner | undefined): Taken | undefined {
  switch (step.kind) {
    case 'flip-horizontal':
      return { copy: moved(copy, flipHorizontal), words: [] };
    case 'flip-vertical':
      return { copy: moved(copy, flipVertical), words: [] };
    case 'rotate90': {
      const quarters = (draws.below(3) + 1) as 1 | 2 | 3;
      return { copy: moved(copy, (pixels) => rotate90(pixels, quarters)), words: [`quarters=${quarters}`] };
    }
    case 'cutout': {
      const holes = cutoutHoles(step, copy.image, draws);
      return { copy: withHoles(copy, holes, step), words: holes.map((hole) => `hole=${boxText(hole)}`) };
    }
    case 'grid-dropout': {
      const grid = drawGrid(step, copy.image, draws);
      const words = [`unit=${grid.unit}`, `hole=${grid.hole}`, `start=+${grid.x}+${grid.y}`];
      return { copy: withHoles(copy, gridHoles(grid, copy.image), step), words };
    }
    case 'stain-jitter': {
      const changes = drawStainChanges(step, draws);
      const words = step.stains.split('-').map((stain, k) => {
        const { factor, shift } = changes[k]!;
        return `${stain}=${factor.toFixed(4)}${shift < 0 ? '' : '+'}${shift.toFixed(4)}`;
      });
      return { copy: { ...copy, image: jitterStains(copy.image, step.stains, changes) }, words };
    }
    case 'non-empty-crop': {
      const box = drawCrop(copy.mask, step, known, draws);
      if (box === undefined) return undefined;
      const image = enlargeImage(copy.image, box, copy.image);
      return { copy: { ...copy, box, image, mask: enlargeLabels(copy.mask, box, copy.mask) }, words: [`box=${boxText(box)}`] };
    }
    case 'mixup':
    case 'cutmix':
      return partner && copy.mixed === undefined ? mix(copy, step, draws, partner) : undefined;
    case 'snapmix':
      return partner && copy.mixed === undefined ? snapTogether(copy, step, draws, partner) : undefined;
  }
}

function snapTogether(copy: Copy, step: SnapMix, draws: Draws, partner: Partner): Taken | undefined {
  const [own, other] = [copy.activation, partner.activation];
  if (own === undefined || other === undefined) return undefined;
  const snapped = snap({ ...copy, activation: own }, { ...partner, activation: other }, step, draws);
  const { image, mask, ratio, otherRatio, box, from } = snapped;
  const mixed = { partner: partner.id, mask: snapped.other, ratio, otherRatio };
  return { copy: { ...copy, image, mask, mixed }, words: [`box=${boxText(box)}`, `from=${boxText(from)}`] };
}

function mix(copy: Copy, { kind, alpha }: Mix, draws: Draws, partner: Partner): Taken {
  const drawn = drawRatio(alpha, draws);
  if (kind === 'mixup') {
    const mixed = { partner: partner.id, mask: partner.mask, ratio: drawn, otherRatio: rest(drawn) };
    return { copy: { ...copy, image: blend(copy.image, partner.image, drawn), mixed }, words: [`ratio=${drawn}`] };
  }
  const patch = drawPatch(copy.image, drawn, draws);
  const ratio = ownShare(copy.image, patch);
  const unknown = nothingKnown(copy.image);
  return {
    copy: {
      ...copy,
      image: lay(copy.image, partner.image, patch),
      mask: lay(copy.mask, unknown, patch),
      mixed: { partner: partner.id, mask: lay(unknown, partner.mask, patch), ratio, otherRatio: rest(ratio) },
    },
    words: [`patch=${boxText(patch)}`],
  };
}

/** What a share leaves of 1, without the last bits of the difference. */
function rest(ratio: number): number {
  return Number((1 - ratio).toFixed(12));
}

/** Applies the same change to the image and to all labels. */
function moved(copy: Copy, move: (pixels: Pixels) => Pixels): Copy {
  return { ...withLabels(copy, move), image: move(copy.image), activation: copy.activation && move(copy.activation) };
}

function withLabels({ mixed, ...copy }: Copy, change: (mask: Pixels) => Pixels): Copy {
  return { ...copy, mask: change(copy.mask), mixed: mixed && { ...mixed, mask: change(mixed.mask) } };
}

function withHoles(copy: Copy, holes: readonly Box[], { fill, mask: rule }: Filling): Copy {
  return { ...withLabels(copy, (mask) => fillLabels(mask, holes, rule)), image: fillHoles(copy.image, holes, fill) };
}

/** A box as X11 writes it: width, height, and distances from the left and from the top. */
function boxText({ x, y, width, height }: Box): string {
  return `${width}x${height}+${x}+${y}`;
}
