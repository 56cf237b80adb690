import { Command } from 'commander';
import { SegtileError } from '../../errors.js';
import { fileName } from '../../io/location.js';
import { slideSize, variantArguments } from '../../pipeline/compare/compare-slides.js';
import { openSegmenter } from '../../pipeline/infer/segmenter.js';
import type { InferOptions } from '../../pipeline/prepare/options.js';
import { tissueOf } from '../../pipeline/tissue/region-flags.js';
import type { Variant } from '../../plan/variants.js';
import { addInferOptions } from '../infer/options.js';

/** Variants that are named in a refusal; of more, how many there are. */
const VARIANTS_TOLD = 5;

/**
 * Makes sure, before anything is run, that every variant can be: that its options make sense together, its model, card and thresholds can be read, and its windows
 * fit every slide. It is planned as by `segtile infer --dry-run`, but without looking for tissue.
 *
 * @param passed options of `segtile infer` that all variants share on a slide
 * @param noted hears how the file of a slide is read, once for each variant
 * @throws {SegtileError} `usage` naming the variants that cannot be run, or `input` and the like where what they share cannot be read; `aborted` when the signal fires
 */
export async function checkVariantsRun(
  variants: readonly Variant[],
  slides: readonly string[],
  passed: (slide: string) => readonly string[],
  noted: (slide: string, notes: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const bad: { readonly name: string; readonly slide: string; readonly error: SegtileError }[] = [];
  for (const variant of variants) {
    for (const slide of slides) {
      const error = await failureOf(variant, slide, passed(slide), (notes) => noted(slide, notes), signal);
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
  passed: readonly string[],
  noted: (notes: readonly string[]) => void,
  signal: AbortSignal,
): Promise<SegtileError | undefined> {
  try {
    const args = variantArguments(variant, await slideSize(slide, signal), passed);
    const options = parsed([slide, ...args]);
    // A file of tissue has to be there; finding tissue takes long, and cannot make a variant impossible.
    const tissue = tissueOf(options.tissue).kind === 'file' ? options.tissue : 'none';
    const segmenter = await openSegmenter([{ path: slide }], { ...options, tissue }, {}, signal);
    noted((await segmenter.dryRun(0)).plan.notes);
    return undefined;
  } catch (error) {
    if (error instanceof SegtileError && error.code !== 'aborted') return error;
    throw error;
  }
}

/** What `segtile infer` understands. */
function parsed(args: readonly string[]): InferOptions {
  const command = addInferOptions(new Command('infer')).exitOverride();
  command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof SegtileError) throw error;
    const words = error instanceof Error ? error.message.replace(/^error: /, '') : String(error);
    throw new SegtileError('usage', words, 'see segtile infer --help', error);
  }
  return command.opts<InferOptions>();
}
