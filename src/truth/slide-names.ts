import { basename } from 'node:path';
import { fileName } from '../io/location.js';

/** The name by which the truth of a slide is looked up: its file name without folder and ending (`.ome.tif` is one ending). */
export function slideName(path: string): string {
  return fileName(path).replace(/(\.ome)?\.[^.]*$/i, '');
}

/**
 * How well a name in a file of several slides fits the name of a slide. 3: it is that name, with or without a folder.
 * 2: it also has an ending. 1: it is a mask of that slide (`a.mask.tif` for `a`). 0: it is another slide. Names must
 * match exactly.
 */
export function namedAlike(given: string, name: string): number {
  const base = basename(given.trim().replaceAll('\\', '/'));
  if (given === name || base === name) return 3;
  const stem = slideName(base);
  if (stem === name) return 2;
  return stem.replace(/[._-](mask|truth|labels?)$/i, '') === name ? 1 : 0;
}

/** The entries that fit a name best; see {@link namedAlike}. */
export function nearestNamed<Each>(all: readonly Each[], name: string, nameOf: (each: Each) => string): Each[] {
  const fits = all.map((each) => namedAlike(nameOf(each), name));
  const best = fits.reduce((a, b) => Math.max(a, b), 1);
  return all.filter((_, i) => fits[i] === best);
}

/**
 * The name of the slide that an id in a table means: the id without its folder, the ending of an image and the mark of
 * a mask.
 */
export function slideOfId(id: string): string {
  const base = basename(id.trim().replaceAll('\\', '/'));
  return base.replace(SLIDE_ENDING, '').replace(/[._-](mask|predicted|prediction)$/i, '');
}

/** Endings of slides, for truth named after the whole file name: `a.svs.geojson`. */
export const SLIDE_ENDING: RegExp =
  /(\.ome)?\.(tiff?|svs|ndpi|scn|qptiff|bif|mrxs|vms|vsi|czi|lif|nd2|dcm|isyntax|png|jpe?g)$|\.ome$/i;
/** The mark that may come before the ending of a truth file. */
const MARK = /[._-](truth|mask|labels|corrections)$|-anatomical-structure$/;
/** The same mark for files of regions or of tissue. */
export const REGION_MARK: RegExp =
  /[._-](tissue|roi|rois|regions?|annotations?|corrections|mask|labels)$|-anatomical-structure$/;
const ENDINGS = [/\.ome\.tiff?$/, /\.tiff?$/, /\.png$/, /\.(geo)?json(\.gz|\.zip)?$/, /\.xml$/, /\.annotations$/, /\.zip$/];

/**
 * The names, in lower case, of the slides that a file may be the truth of. A truth file is named like its slide, with
 * or without the slide's ending. Then follow an optional mark such as `_mask`, and the ending of an image, of JSON, of
 * XML (`.xml` or `.annotations`) or `.zip`.
 *
 * @param mark the marks that are accepted; by default those of truth
 */
export function slidesOfTruth(file: string, mark: RegExp = MARK): readonly string[] {
  const name = file.toLowerCase();
  const without = (pattern: RegExp) => (text: string) => [...new Set([text, text.replace(pattern, '')])];
  const stems = ENDINGS.filter((ending) => ending.test(name)).flatMap((ending) => without(mark)(name.replace(ending, '')));
  return [...new Set(stems.flatMap(without(SLIDE_ENDING)))];
}
