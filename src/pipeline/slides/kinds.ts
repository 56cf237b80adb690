import { SLIDE_ENDING } from '../../truth/slide-names.js';

/** Why a file in a folder is skipped. */
export type LeftOut = 'results of segtile' | 'truths' | 'files that segtile does not read';

/** A kind of files to look for in folders. */
export interface PathKind {
  /** What one of them is called, and what several are called. */
  readonly noun: string;
  readonly nouns: string;
  /** Whether a file with this name is of this kind, or why it is skipped; undefined for files that nobody would look for. */
  sort(name: string): 'taken' | LeftOut | undefined;
  /** Whether files of this kind are also examined inside, because other files can have such names. */
  readonly lookInside: boolean;
  /** The kind to look for if there is none of this kind. */
  readonly or?: PathKind | undefined;
  /** The hint in the error if there is none of those either. */
  readonly hint: string;
}

/** File name endings of slides that segtile reads. */
const READ = /\.(tiff?|svs|ndpi|scn|bif|qptiff|btf|png|jpe?g)$/i;

/** Endings that segtile adds to the name of a slide. Masks that the user named are recognized by their contents. */
const RESULT = /\.((mask|labels|probabilities)(\.ome)?\.tiff?|disagreement\.tiff?|preview\.jpe?g|plan\.jpe?g)$/i;

/** Truth, by the mark at the end of its name: `a.truth.tif`, `a_mask.png`. */
const TRUTH = /[._-](truth|mask|labels?)(\.ome)?\.(tiff?|png|jpe?g)$/i;

/** Slides. */
export const SLIDES: PathKind = {
  noun: 'slide',
  nouns: 'slides',
  sort(name) {
    if (RESULT.test(name)) return 'results of segtile';
    if (TRUTH.test(name)) return 'truths';
    if (READ.test(name)) return 'taken';
    return SLIDE_ENDING.test(name) ? 'files that segtile does not read' : undefined;
  },
  lookInside: true,
  hint: 'slides end in .tif, .svs, .ndpi, .scn, .bif, .qptiff, .btf, .png or .jpg; name a file itself to have it whatever it is called',
};

/** A kind of files that are recognized by their names alone. */
function named(noun: string, nouns: string, pattern: RegExp, hint: string, or?: PathKind): PathKind {
  return { noun, nouns, sort: (name) => (pattern.test(name) ? 'taken' : undefined), lookInside: false, hint, or };
}

/** Probabilities that segtile wrote. */
export const PROBABILITIES: PathKind = named(
  'file that ends in .probabilities.ome.tif',
  'files of probabilities',
  /\.probabilities\.ome\.tiff?$/i,
  'segtile infer --probabilities uint8 writes them',
);

const IMAGES = named('TIFF or PNG file', 'images', /\.(tiff?|png)$/i, 'check the path of the predictions');

/** Masks that segtile wrote; if there are none, probabilities that it wrote; if there are none of these, all images. */
export const MASKS: PathKind = named('mask', 'masks', /\.mask(\.ome)?\.tiff?$/i, IMAGES.hint, { ...PROBABILITIES, or: IMAGES });
