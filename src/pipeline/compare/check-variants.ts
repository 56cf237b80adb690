import { SegtileError } from '../../errors.js';
import { fileName } from '../../io/location.js';

import { openSegmenter } from '../infer/segmenter.js';
import type { InferOptions } from '../prepare/options.js';
import { tissueOf } from '../tissue/region-flags.js';
import { slideSize } from './compare-slides.js';
import { optionsOf, type Variant } from './variants.js';

/** The most variants that an error message names. If there are more, it says how many. */
const VARIANTS_TOLD = 5;

/**
 * Checks, before anything is run, that every variant can be run: its options fit together, its model, card and
 * thresholds can be read, and its windows fit every slide. Each variant is planned as by `segtile infer --dry-run`, but
 * without looking for tissue.
 *
 * @param shared options of runs that all variants share on a slide
 * @param noted called once for each variant, with notes on how the slide's file is read
 * @throws {SegtileError} `usage` naming the variants that cannot be run; `input` and the like if files that all
 *   variants share cannot be read; `aborted` when the signal fires
 */
export async function checkVariantsRun(
  variants: readonly Variant[],
  slides: readonly string[],
  shared: (slide: string) => InferOptions,
  noted: (slide: string, notes: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const bad: { readonly name: string; readonly slide: string; readonly error: SegtileError }[] = [];
  for (const variant of variants) {
    for (const slide of slides) {
      const error = await failureOf(variant, slide, shared(slide), (notes) => noted(slide, notes), signal);
      if (error) bad.push({ name: variant.name, slide, error });
      if (error) break;
    }
  }
  const [first, ...others] = bad;
  if (first === undefined) return;
  const rest = others.slice(0, VARIANTS_TOLD - 1).map(({ name, error }) => `; ${name}: ${error.message}`);
  const more = bad.length > VARIANTS_TOLD ? `; and ${bad.length - VARIANTS_TOLD} more` : '';
  const every = bad.length === variants.length && bad.every(({ error }) => error.message === first.error.message);
  const counted = `${bad.length} of ${variants.length} variants cannot be run`;
  const who = every ? 'no variant can be run' : counted;
  throw new SegtileError(
    first.error.code,
    `${who}: ${first.name}, ${fileName(first.slide)}: ${first.error.message}${every ? '' : rest.join('')}${more}`,
    [first.error.hint, 'nothing was run'].filter(Boolean).join('; '),
    first.error,
  );
}

async function failureOf(
  variant: Variant,
  slide: string,
  shared: InferOptions,
  noted: (notes: readonly string[]) => void,
  signal: AbortSignal,
): Promise<SegtileError | undefined> {
  try {
    const options = optionsOf(variant, shared, await slideSize(slide, signal));
    // A gate is a network that runs over the slide, too.
    // A tissue file must exist, so it is kept. Finding tissue takes long and cannot make a variant impossible, so it is
    // left out.
    const { kind } = tissueOf(options.tissue, options);
    const settled =
      kind === 'file'
        ? { ...options, gate: undefined, veto: undefined, vetoBy: undefined }
        : {
            ...options,
            tissue: 'none',
            tissueClass: undefined,
            artefactClass: undefined,
            gate: undefined,
            veto: undefined,
            vetoBy: undefined,
          };
    const segmenter = await openSegmenter([{ path: slide }], settled, {}, signal);
    noted((await segmenter.dryRun(0)).plan.notes);
    return undefined;
  } catch (error) {
    if (error instanceof SegtileError && error.code !== 'aborted') return error;
    throw error;
  }
}
