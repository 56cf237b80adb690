import { basename } from 'node:path';
import { fileName } from '../io/location.js';

/** What a slide is called where its truth is looked up: the name of its file without folder and ending (`.ome.tif` is one). */
export function slideName(path: string): string {
  return fileName(path).replace(/(\.ome)?\.[^.]*$/i, '');
}

/**
 * How well a name in a file that tells of several slides fits the name of a slide: 3 where it is that name, with or without folder, 2 with an
 * ending besides, 1 where it is a mask of it (`a.mask.tif` for `a`), 0 where it is another. Names are told apart letter by letter.
 */
export function namedAlike(given: string, name: string): number {
  const base = basename(given.trim().replaceAll('\\', '/'));
  if (given === name || base === name) return 3;
  const stem = slideName(base);
  if (stem === name) return 2;
  return stem.replace(/[._-](mask|truth|labels?)$/i, '') === name ? 1 : 0;
}

/** Those that fit a name best; see {@link namedAlike}. */
export function nearestNamed<Each>(all: readonly Each[], name: string, nameOf: (each: Each) => string): Each[] {
  const fits = all.map((each) => namedAlike(nameOf(each), name));
  const best = fits.reduce((a, b) => Math.max(a, b), 1);
  return all.filter((_, i) => fits[i] === best);
}

/** What the slide is called that an id in a table stands for: the id without folder, the ending of an image, and what marks a mask. */
export function slideOfId(id: string): string {
  const base = basename(id.trim().replaceAll('\\', '/'));
  return base.replace(SLIDE, '').replace(/[._-](mask|predicted|prediction)$/i, '');
}

/** How the names of slides end, where the whole name stands in that of their truth: `a.svs.geojson`. */
const SLIDE = /(\.ome)?\.(tiff?|svs|ndpi|scn|qptiff|bif|mrxs|vms|vsi|czi|lif|nd2|dcm|isyntax|png|jpe?g)$|\.ome$/i;
/** What may stand before the ending. */
const MARK = /[._-](truth|mask|labels)$|-anatomical-structure$/;
const ENDINGS = [/\.ome\.tiff?$/, /\.tiff?$/, /\.png$/, /\.(geo)?json(\.gz|\.zip)?$/, /\.zip$/];

/**
 * The names, in small letters, of the slides that a file may be the truth of, by its own name: the slide's name, with or without its ending, then
 * one of a few marks or none, then the ending of an image or of JSON.
 */
export function slidesOfTruth(file: string): readonly string[] {
  const name = file.toLowerCase();
  const without = (pattern: RegExp) => (text: string) => [...new Set([text, text.replace(pattern, '')])];
  const stems = ENDINGS.filter((ending) => ending.test(name)).flatMap((ending) => without(MARK)(name.replace(ending, '')));
  return [...new Set(stems.flatMap(without(SLIDE)))];
}
