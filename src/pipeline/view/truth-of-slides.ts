import { readConfig } from '../../truth/config.js';
import { matchTruths } from '../../truth/match.js';
import { predictedName } from '../evaluate/prediction.js';
import type { FoundSlide } from './found.js';
import type { TruthOfSlides } from './station.js';

/**
 * The truth of each slide that has one.
 *
 * @param given the value of `segtile evaluate --truth`
 * @param classes the file that says what its values mean
 * @throws {SegtileError} `input` if it does not exist, or none of the slides has a truth
 */
export async function truthOfSlides(
  slides: readonly FoundSlide[],
  given: string | undefined,
  classes: string | undefined,
): Promise<TruthOfSlides> {
  const config = classes === undefined ? undefined : await readConfig(classes);
  if (given === undefined) return { of: () => undefined, config };
  const names = new Map(slides.map((slide) => [slide.path ?? slide.name, slide]));
  const paths = new Map<string, string>();
  let failure: unknown;
  // Slides are looked up one by one, because not all of them need a truth.
  const alone = slides.length === 1 ? [[...names.keys()]] : [...names.keys()].map((name) => [name]);
  for (const asked of alone) {
    const pairs = await matchTruths(asked, given, predictedName).catch((error: unknown) => {
      failure = error;
      return [];
    });
    for (const { slide, truth } of pairs) paths.set(names.get(slide)!.id, truth);
  }
  if (paths.size === 0 && failure !== undefined) throw failure;
  return { of: ({ id }) => paths.get(id), config };
}
