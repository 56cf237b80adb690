import { contrastWarning } from '../../slide/range.js';
import type { Slide } from '../../slide/slide.js';
import type { Pixels } from '../../types.js';
import type { TissueChoice } from '../tissue/tissue.js';

/**
 * Warnings about the contrast of a slide. If no other step reads the whole slide, it is read for this check only if its
 * samples are stretched to 8 bits, because only then a wrong range does harm.
 *
 * @param choice how tissue is found
 * @param native whether the model gets the samples as the file stores them
 */
export async function contrastWarnings(
  { range }: Slide,
  choice: TissueChoice['kind'],
  native: boolean,
  overview: () => Promise<Pixels>,
): Promise<readonly string[]> {
  const seen = choice !== 'none' && choice !== 'hubmap';
  if (!seen && (range === undefined || (native && choice === 'none'))) return [];
  const warning = contrastWarning(await overview(), range);
  return warning === undefined ? [] : [warning];
}

/** Wraps a function so that it is called once, and all callers get the same promise. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
