import { contrastWarning } from '../../slide/range.js';
import type { Slide } from '../../slide/slide.js';
import type { Pixels } from '../../types.js';
import type { TissueChoice } from '../tissue/tissue.js';

/**
 * What looks wrong with the contrast of a slide. Where nobody else looks at it whole, it is read for this alone only when its samples are
 * stretched to 8 bits, which is where a wrong range does harm.
 *
 * @param choice how tissue is found
 * @param native whether the model is given samples as the file has them
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

/** The same promise for everybody who asks. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
