import { join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { isFolder } from '../../io/folder.js';
import { type Beside, matchTruths, type TruthPair } from '../../truth/match.js';
import type { SlideRequest } from './request.js';

/**
 * Finds the file that belongs to each slide: its truth, its region, its tissue. If slides come from a tree of folders
 * and `given` is a folder, too, the file is looked for in the same place in `given`, and if it is not there, in `given`
 * itself.
 *
 * @param beside what is looked for; by default truth
 * @returns a pair for each slide, in their order; if there are no slides, all pairs of a CSV
 * @throws {SegtileError} as `matchTruths`; `input` if one file would belong to two slides with the same name
 */
export async function placedTruths(
  slides: readonly SlideRequest[],
  given: string,
  beside?: Beside,
): Promise<readonly TruthPair[]> {
  const paths = slides.map(({ path }) => path);
  if (slides.length === 0 || !(await isFolder(given))) return matchTruths(paths, given, undefined, beside);
  const pairs = new Map<SlideRequest, TruthPair>();
  const places = new Set(slides.map(({ place = '' }) => place));
  for (const place of places) {
    const own = slides.filter((slide) => (slide.place ?? '') === place);
    const below = join(given, place);
    const folder = place !== '' && (await isFolder(below)) ? below : given;
    const found = await matchTruths(
      own.map(({ path }) => path),
      folder,
      undefined,
      beside,
    );
    for (const [i, pair] of found.entries()) pairs.set(own[i]!, pair);
  }
  const all = slides.map((slide) => pairs.get(slide)!);
  requireOwn(slides, all, given);
  return all;
}

/**
 * Rejects a file that would belong to slides in different folders. Slides with the same name in one folder are rejected
 * elsewhere.
 */
function requireOwn(slides: readonly SlideRequest[], pairs: readonly TruthPair[], given: string): void {
  const ofTruth = new Map<string, SlideRequest>();
  for (const [i, slide] of slides.entries()) {
    const { truth } = pairs[i]!;
    const other = ofTruth.get(truth) ?? slide;
    ofTruth.set(truth, slide);
    if ((other.place ?? '') === (slide.place ?? '')) continue;
    const hint = `lay out ${given} like the folders of slides, or give a CSV of pairs`;
    throw new SegtileError('input', `${truth} is named as ${other.path} and as ${slide.path}`, hint);
  }
}
